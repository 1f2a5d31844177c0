"""Words of questions by meaning: signals, kinds of place, days, genres, moods and mobility, from `lexicon.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of phrases in a normalised text; `*` stands for the rest of a word, or for a word.

    >>> bool(phrase_pattern(["cancel*"]).search("han cancelado el concierto"))
    True
    """
    parts = []
    for phrase in sorted(phrases, key=len, reverse=True):
        words = [r"\w+" if word == "*" else re.escape(word).replace(r"\*", r"\w*") for word in phrase.split()]
        parts.append(r"\s+".join(words))
    return re.compile(r"\b(?:" + "|".join(parts) + r")s?\b")


MAX_KEPT_TEXTS = 1_000
"""Texts whose names are kept: skills ask for those of one question again and again, and for those of its words."""


class Lexicon:
    """Patterns by meaning in several groups."""

    def __init__(self, groups: Mapping[str, Mapping[str, list[str]]]) -> None:
        self._patterns = {
            group: {name: phrase_pattern(map(str, phrases)) for name, phrases in entries.items()}
            for group, entries in groups.items()
        }
        phrases = (str(phrase) for entries in groups.values() for one in entries.values() for phrase in one)
        self.vocabulary = {word.rstrip("*") for phrase in phrases for word in phrase.split() if len(word) > 2}
        """Words of all phrases, for the correction of spelling."""
        self._names: dict[tuple[str, str], frozenset[str]] = {}

    def names(self, group: str, text: str) -> frozenset[str]:
        """Return the names of a group's meanings that occur in a normalised text; those of the last texts are kept."""
        names = self._names.get((group, text))
        if names is None:
            names = frozenset(name for name, pattern in self._patterns[group].items() if pattern.search(text))
            if len(self._names) >= MAX_KEPT_TEXTS:
                self._names.clear()
            self._names[group, text] = names
        return names

    def spans(self, group: str, text: str) -> list[tuple[int, int, str]]:
        """Return begin, end and meaning of the phrases of a group, in order of the text; longer ones win."""
        found = [
            (match.start(), match.end(), name)
            for name, pattern in self._patterns[group].items()
            for match in pattern.finditer(text)
        ]
        found.sort(key=lambda span: (span[0] - span[1], span[0]))
        kept: list[tuple[int, int, str]] = []
        for span in found:
            if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
                kept.append(span)
        return sorted(kept)


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of questions."""
    return Lexicon(yaml.safe_load((_FOLDER / "lexicon.yaml").read_text(encoding="utf-8")))


BEYOND_TABLES = frozenset(
    """
    wifi atm pool hotel setlist backstage next_year salary sponsor ticket_price sold_out afterparty hairdryer
    laundry massage ferris crypto sim nursery invoice fireworks_show supermarket drugs condoms other_festival
    police complaint time_now contact car_charging helmet luggage_shipping currency coach_parking
    security_guard wedding microphone livestream stage_crew capacity_total history
    """.split()  # noqa: SIM905 - a list of quoted words would be long
)
"""Topics of the thesaurus that neither a programme nor a map answers; an approved answer may."""


def is_beyond_tables(text: str) -> bool:
    """Return True if a normalised question names a topic that tables do not hold.

    >>> is_beyond_tables("hay wifi en el camping"), is_beyond_tables("donde esta el camping")
    (True, False)
    """
    return bool(concepts().names("concepts", text) & BEYOND_TABLES)


@cache
def concepts() -> Lexicon:
    """Return the thesaurus of festival topics, for approved answers."""
    return Lexicon({"concepts": yaml.safe_load((_FOLDER / "concepts.yaml").read_text(encoding="utf-8"))})
