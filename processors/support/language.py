"""Spanish, English or another language."""

from __future__ import annotations

import re
from typing import Final, Literal

from processors.support.words import fold_text

Language = Literal["es", "en", "other"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Small words that the language has and Spanish and English have not; folded, as people type them.
_FOREIGN: Final[dict[str, frozenset[str]]] = {
    "pt": _words(
        """
        nao voce voces voces meu minha meus minhas obrigado obrigada ola uma umas onde estao tenho preciso bilhete
        bilhetes ingresso ingressos posso pra pelo pela muito tambem ate quando sao isso quero em um os dos nos
        comprei perdi dinheiro
        """
    ),
    "fr": _words(
        """
        je vous nous mon mes ma est et pas avec pour dans une des les du ou bonjour merci billet billets suis ai avez
        sont cette cet qui que ce il elle votre vos notre comment peux puis bien aussi chez tres
        """
    ),
    "de": _words(
        """
        ich und der die das ist nicht mein meine wir sie haben habe kann wo wann wie mit fur auf eine einen ein zum
        zur bitte danke hallo karte karten ticket von im dem den es gibt noch auch bei
        """
    ),
    "it": _words(
        """
        il gli non sono ho mio mia miei per con che di della dello delle degli nel nella alla dove quando grazie ciao
        buongiorno biglietto biglietti posso anche questo questa molto vorrei perche
        """
    ),
    "ca": _words(
        """
        amb els meva meu meves meus gracies hola bon dia on es una uns unes aixo tinc puc entrades vull que per les
        dels perque tambe molt hi ha seva seu nosaltres
        """
    ),
    "nl": _words(
        """
        ik het een de niet mijn wij zijn heb hebben kan waar wanneer hoe met voor op aan bedankt hallo kaartje
        kaartjes van jullie ook nog bij
        """
    ),
}
_OWN: Final = _words(
    """
    el la los las un una y o de del en que no es por con para mi me se lo su al como donde cuando hay he ha muy mas
    quiero puedo tengo esta estoy pero hola gracias entrada entradas si le les nos the a an and or of to in is are was
    not my me i you we it this that for with on at have has can do does where when how what there be your our from
    will would please hello thanks ticket tickets
    """
)
_LETTERS = re.compile(r"[a-z]+")

_CHARACTERS = 2_000


def detect_language(text: str, spanish: float) -> Language:
    """Language from the encoder's log odds, unless small words or letters tell of another one.

    Args:
        text: the customer's own words.
        spanish: log odds of Spanish against English, as `Encoder.encode` gives them.

    >>> detect_language("Где моя сумка?", 0.2), detect_language("¿Dónde está?", 4.0), detect_language("Where?", -5)
    ('other', 'es', 'en')
    >>> detect_language("Bonjour, je ne trouve pas mon billet, merci", 1.0)
    'other'
    """
    head = text[:_CHARACTERS]
    letters = [letter for letter in head if letter.isalpha()]
    if not letters or sum(letter > "ɏ" for letter in letters) > len(letters) / 2:
        return "other"
    words = _LETTERS.findall(fold_text(head))
    own = sum(word in _OWN for word in words)
    foreign = max(sum(word in those and word not in _OWN for word in words) for those in _FOREIGN.values())
    if (foreign >= 2 and foreign > own) or (foreign >= 3 and foreign >= own):
        return "other"
    marks = 2 * sum(head.count(sign) for sign in "¿¡ñÑ") + sum(letter in "áéíóúÁÉÍÓÚ" for letter in letters)
    return "es" if spanish + 2.0 * marks > 0 else "en"
