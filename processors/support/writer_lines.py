"""Lines such as "Ana Gil wrote:" above a quoted mail, where they have neither a complete date nor an address."""

from __future__ import annotations

import re

from processors.support.words import fold_text

MAX_WORDS = 11
"""Words of such a line."""

# All expressions match folded text: lower case, without accents.
WRITES = re.compile(
    r"\b(?:escribio|ha escrito|wrote|a ecrit|ecrit|escreveu|ha scritto|schrieb|schreef|va escriure|ha escrit|"
    r"escrigue|escribiu|(?:hau )?idatzi (?:du|zuen)|skrev)\b"
)
TO_ME = re.compile(
    r"\b(?:me|nos|te|le|les|m'|em|ens|mi|ci) ?(?:ha |a |va )?(?:escri|ecri|scri)|wrote (?:to )?(?:me|us)\b|"
    r"m'(?:a|ha) ecrit|schrieb (?:mir|uns)\b"
)
"""Report of what somebody wrote to the sender, which is news."""

_DATE_WORD = re.compile(
    r"(?:el|on|le|il|am|em|na|no|op|o|a|as|ao|at|um|om|den|de|del|\d.*|lun\.?|luns|lunes|martes|miercoles|jueves|viernes|sabado|domingo|"
    r"ayer|hoy|segunda|terca|quarta|quinta|sexta|feira|\w+-feira|ontem|hoje|luns|mercores|xoves|venres|onte|hoxe|di[a-z]{5,7}|ahir|avui|"
    r"(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|hier|(?:lune|marte|mercole|giove|vener)di|sabato|domenica|ieri|oggi|[a-z]{3,10}tag|mittwoch|"
    r"gestern|heute|[a-z]{4,7}dag|gisteren|vandaag|[a-z]{3,6}day|yesterday|today|atzo|gaur)[,.]{0,2}"
)
_MONTH = re.compile(
    r"(?:ene|jan|gen|xan|feb|fev|mar|abr|apr|avr|mag|mai|may|maj|mei|jun|jui|giu|xun|jul|lug|xul|ago|aou|aug|sep|set|oct|okt|ott|out|nov|dic|dec|dez|des|"
    r"urt|ots|api|eka|uzt|abu|ira|urr|aza|abe)[a-z]{0,7}[,.]{0,2}"
)
"""Words of a date in a line that has no complete one; months, since people are called Marta, only in small letters."""

_NAME_PARTICLE = re.compile(
    r"(?:de|del|la|las|los|da|das|do|dos|e|i|y|van|von|der|den|di|du|le|el|zu|ter|ten|het|volgende|folgendes|lo|siguiente|the|following|o|seguinte|"
    r"el|seguent|ce|qui|suit|quanto|segue)[,.]?"
)
_SOMEBODY = re.compile(
    r"\b(?:ella?|ellas|ellos|alguien|tu|usted|yo|s?he|they|someone|somebody|we|you|i|elle?s?|ils?|quelqu'un|er|sie|jemand|lui|lei|qualcuno|el[ea]|alguem|"
    r"hij|zij|ze|iemand|algu|mama|papa|mum|mom|dad|mi|mis|my|meu|meva|mon|ma|mein|meine|mio|mia|mijn|nire|un|una|une|ein|eine|een|a)\b"
)
"""Words for a person whose words are reported: no mail program writes them."""


def names_writer(line: str) -> bool:
    """Return whether a line is no more than "Ana Gil wrote:", with a day at most, and names nobody but by a name.

    >>> [names_writer(line) for line in ("Ana Gil escribió:", "El lunes, Ana wrote:", "Mi amiga escribió:")]
    [True, True, False]
    """
    words = line.strip("*_ ").split()
    folded = fold_text(" ".join(words)).replace("’", "'")
    verb = WRITES.search(folded)
    if verb is None or not folded.endswith(":") or len(words) > MAX_WORDS or TO_ME.search(folded):
        return False
    begin = len(folded[: verb.start()].split())
    names = [*words[:begin], *words[begin + len(verb[0].split()) :]]
    if _SOMEBODY.search(fold_text(" ".join(names))):
        return False
    names = [name for name in (word.strip(":()") for word in names) if name and not _is_date_word(name)]
    if not names:
        return False
    return all(name[0].isupper() or _NAME_PARTICLE.fullmatch(fold_text(name)) for name in names)


def _is_date_word(word: str) -> bool:
    folded = fold_text(word)
    return _DATE_WORD.fullmatch(folded) is not None or (word[0].islower() and _MONTH.fullmatch(folded) is not None)
