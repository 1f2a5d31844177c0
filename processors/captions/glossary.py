"""Names that speakers say: acts, stages and sponsors; hints for the decoder, and a careful correction after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from rapidfuzz.distance import JaroWinkler, Levenshtein

from processors.accents import without_accents
from schemas.captions import CAPTION_SETTINGS
from schemas.programme import PROGRAMME
from schemas.venue import Venue

MIN_SIMILARITY = 0.82
"""Smallest similarity of spellings (Levenshtein, 0 to 1) at which a heard name is corrected."""

MIN_LETTERS = 5
"""Shortest name that is corrected: shorter ones resemble too many words."""

MAX_HINTS = 24
"""Names that the decoder gets; each costs time, and too many lead it astray."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_BREAK = re.compile(r"[,;:!?¡¿…\n]|\. ")
"""Marks that no name crosses."""

_SOUNDS = (
    ("ph", "f"), ("qu", "k"), ("ck", "k"), ("ch", "x"), ("sh", "x"), ("ll", "y"), ("c", "k"), ("z", "s"), ("v", "b"),
    ("w", "u"), ("h", ""), ("j", "y"), ("ee", "i"), ("oo", "u"), ("th", "t"),
)  # fmt: skip
"""Spellings of one sound; those of Spanish and English are mixed, since names are of any language."""


class CorrectedText(Struct, frozen=True):
    """A text, and the names that were put into it.

    Attributes:
        replaced: words as they were heard, and the name that replaced them.
    """

    text: str
    replaced: tuple[tuple[str, str], ...] = ()


class Glossary:
    """Names of one festival.

    A run of words becomes a name where its spelling by sound is nearly the name's, the lengths differ little, and it is
    not one of the language's common words.

    >>> Glossary(["Los Planetas"]).correct("Ahora con los planètas en el escenario").text
    'Ahora con Los Planetas en el escenario'

    Args:
        names: in the order of their importance.
        common: words that are never part of a correction on their own.
    """

    def __init__(self, names: Iterable[str], common: Iterable[str] = ()) -> None:
        self.names = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        self._common = frozenset(_plain(word) for word in common)
        self._known = [(name, _plain(name), _sound(name), len(_WORD.findall(name))) for name in self.names]

    def hints(self, upcoming: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the names that the decoder gets: those of the next acts first."""
        return tuple(dict.fromkeys([*upcoming, *self.names]))[:MAX_HINTS]

    def correct(self, text: str) -> CorrectedText:
        """Return the text with misheard names as the programme writes them."""
        words = list(_WORD.finditer(text))
        replaced: list[tuple[str, str]] = []
        parts, copied, at = list[str](), 0, 0
        while at < len(words):
            found = self._best(text, words, at)
            if found is None:
                at += 1
                continue
            name, count = found
            begin, end = words[at].start(), words[at + count - 1].end()
            if text[begin:end] != name:
                replaced.append((text[begin:end], name))
            parts += [text[copied:begin], name]
            copied, at = end, at + count
        return CorrectedText("".join([*parts, text[copied:]]), tuple(replaced))

    def _best(self, text: str, words: list[re.Match[str]], at: int) -> tuple[str, int] | None:
        """Return the name that stands at a word, and the number of words of it; None where there is none."""
        best: tuple[float, str, int] | None = None
        for name, plain, sound, size in self._known:
            for count in range(max(1, size - 1), min(size + 2, len(words) - at + 1)):
                heard = text[words[at].start() : words[at + count - 1].end()]
                if _BREAK.search(heard):
                    break
                score = self._similarity(heard, plain, sound, count == size)
                if score and (best is None or score > best[0]):
                    best = score, name, count
        return None if best is None else best[1:]

    def _similarity(self, heard: str, plain: str, sound: str, same_words: bool) -> float:
        """Return the similarity of what was heard to a name; 0 where it is not taken for it."""
        heard_plain = _plain(heard)
        if heard_plain == plain:
            # One common word is no name unless it is written as one.
            return 1.0 if plain not in self._common or heard[:1].isupper() else 0.0
        letters = len(plain.replace(" ", ""))
        if letters < MIN_LETTERS or all(word in self._common for word in heard_plain.split()):
            return 0.0
        if heard_plain.replace(" ", "") == plain.replace(" ", ""):
            return 0.99
        heard_sound = _sound(heard)
        score = min(
            0.98,
            max(
                Levenshtein.normalized_similarity(heard_sound, sound),
                Levenshtein.normalized_similarity(heard_plain, plain),
            ),
        )
        limit = MIN_SIMILARITY + (0.0 if same_words else 0.04) + (0.04 if letters < 8 else 0.0)
        if score < limit or JaroWinkler.similarity(heard_sound, sound) < 0.85:
            return 0.0
        return score


def glossary_of(venue: Venue, common: Iterable[str] = ()) -> Glossary:
    """Return the names of a venue: acts of its programme, stages, and those of the section `captions`."""
    acts = [act.name for act in venue.section(PROGRAMME).acts]
    return Glossary([*venue.section(CAPTION_SETTINGS).names, *acts], common)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(without_accents(text).lower()))


def _sound(text: str) -> str:
    sound = _plain(text).replace(" ", "")
    for spelling, one in _SOUNDS:
        sound = sound.replace(spelling, one)
    return re.sub(r"(.)\1+", r"\1", sound)
