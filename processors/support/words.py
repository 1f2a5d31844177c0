"""Content words of a text, and the most frequent words of a group of mails in bounded space."""

from __future__ import annotations

import re

from msgspec import Struct, field

from processors.accents import without_accents

MAX_COUNTERS = 24
"""Counters of `FrequentWords`; a word in more than 1/25 of all counted words is among them."""

_MAX_WORDS_PER_TEXT = 40

_WORD = re.compile(r"[a-z]{3,}")

_STOP_WORDS = frozenset(
    """
    a able about all also am and any are aren as at be been before being but by can cannot could did do does don down
    each for from get give had has have having hello here hey hi him his how i if in into is isn it its just know let
    like ll me more much my need no not now of on one only or our out over please re so some still sure tell than thank
    thanks that the their them then there these they this those to too up us very want was way we were what when where
    which while who why will with would you your
    adios ahi ahora al algo algun alguien algunos antes aqui asi atte aun aunque buenas bueno buenos cada como con cual
    cuando cuanto cuantos cuyo da de debo del desde dia dias dice donde dos el ella ellas ellos en entre era eres es esa
    ese eso esta estaba estamos estan estar este esto estos estoy fue fui gracias gustaria ha haber hace hacer hacia han
    has hasta hay hecho hemos hola hoy igual ir la las le les lo los mas me mi mis muchas mucho muy nada necesito ni nos
    nosotros nuestra nuestro os otra otro para pero podeis poder podria podriais por porque pues puede pueden puedo que
    queria quiero quien saber se sea sera ser si siempre sin sino sobre sois solo somos son soy su sus tal tambien tanto
    tardes te tengo tenia tiene tienen todavia todo todos tu tus un una unas unos vais vamos vosotros vuestra vuestro ya
    yo saludos saludo cordial noches mail link name phone card
    """.split()  # noqa: SIM905 - a list of quoted words would be four pages
)


def fold_text(text: str) -> str:
    """Return a text in lower case and without accents (Unicode NFKD less combining marks).

    >>> fold_text("¿Dónde está el BAÑO?")
    '¿donde esta el bano?'
    """
    return without_accents(text.lower())


def content_words(text: str) -> list[str]:
    """Return the words of at least three letters that are not stop words, folded, each once.

    >>> content_words("Hola, ¿dónde puedo aparcar el coche?")
    ['aparcar', 'coche']
    """
    return list(dict.fromkeys(word for word in _WORD.findall(fold_text(text)) if word not in _STOP_WORDS))


class FrequentWords(Struct):
    """Heavy hitters of a stream of words (Misra and Gries, 1982), with `MAX_COUNTERS` counters.

    >>> words = FrequentWords()
    >>> for text in ("refund ticket", "refund order", "refund please"):
    ...     words.add(content_words(text))
    >>> words.top(1)
    ['refund']
    """

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, words: list[str]) -> None:
        """Count the words of one text."""
        for word in words[:_MAX_WORDS_PER_TEXT]:
            if word in self.counts or len(self.counts) < MAX_COUNTERS:
                self.counts[word] = self.counts.get(word, 0) + 1
            else:
                self.counts = {kept: count - 1 for kept, count in self.counts.items() if count > 1}

    def merge(self, other: FrequentWords) -> None:
        """Add the counts of another stream, and subtract the first count that does not fit (Agarwal et al., 2013)."""
        both = dict(self.counts)
        for word, count in other.counts.items():
            both[word] = both.get(word, 0) + count
        ranked = sorted(both.values(), reverse=True)
        excess = ranked[MAX_COUNTERS] if len(ranked) > MAX_COUNTERS else 0
        self.counts = {word: count - excess for word, count in both.items() if count > excess}

    def top(self, number: int) -> list[str]:
        """Return at most `number` words, most frequent first, each at least a quarter as frequent as the first."""
        threshold = max(self.counts.values(), default=0) / 4
        frequent = [word for word, count in self.counts.items() if count >= threshold]
        return sorted(frequent, key=lambda word: (-self.counts[word], word))[:number]
