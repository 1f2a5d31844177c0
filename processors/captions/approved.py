"""Safety announcements in agreed wording, which take precedence over the translation network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from processors.accents import without_accents
from schemas.captions import Language
from schemas.errors import PulsoError

APPROVED = Path(__file__).with_name("approved.yaml")

PLACE = r"(?P<place>[a-z]?\d{1,3}|[a-z])"
COURTESY = re.compile(r"\b(?:please|por favor|rogamos que|les rogamos que|attention|atencion)\b")


class ApprovedTextsError(PulsoError, ValueError):
    """The table of approved texts can't be used."""


def comparable(sentence: str) -> str:
    """Return the words of a sentence without case, accents, punctuation and courtesy.

    >>> comparable("¡Evacúen el recinto ahora, por favor!")
    'evacuen el recinto ahora'
    """
    words = re.sub(r"[^\w{}]+", " ", without_accents(sentence.lower())).strip()
    return " ".join(COURTESY.sub(" ", words).split())


class ApprovedTexts:
    """Approved translations by sentence."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Create it from English and Spanish sentences; the first of two equal ones counts."""
        self._exact: dict[tuple[Language, str], str] = {}
        self._with_place: list[tuple[Language, re.Pattern[str], str]] = []
        for english, spanish in pairs:
            if ("{place}" in english) != ("{place}" in spanish):
                raise ApprovedTextsError(f"{english!r} and {spanish!r}: {{place}} must stand in both or in neither")
            self._add("en", english, spanish)
            self._add("es", spanish, english)

    def _add(self, source: Language, sentence: str, translation: str) -> None:
        words = comparable(sentence)
        if "{place}" in words:
            pattern = re.compile(re.escape(words).replace(re.escape("{place}"), PLACE))
            self._with_place.append((source, pattern, translation))
        else:
            self._exact.setdefault((source, words), translation)

    @classmethod
    def load(cls, path: Path = APPROVED) -> ApprovedTexts:
        """Read a YAML list of `en` and `es`.

        Raises:
            ApprovedTextsError: the file is not such a list.
        """
        try:
            rows = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls((str(row["en"]), str(row["es"])) for row in rows)
        except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
            raise ApprovedTextsError(f"{path} is not a YAML list of `en` and `es`: {error!r}") from error

    def translation(self, sentence: str, source: Language) -> str | None:
        """Return the approved translation into the other language; None where there is none.

        >>> ApprovedTexts.load().translation("Gate b2 is closed!", "en")
        'La puerta B2 está cerrada.'
        """
        words = comparable(sentence)
        if found := self._exact.get((source, words)):
            return found
        for language, pattern, translation in self._with_place:
            if language == source and (match := pattern.fullmatch(words)):
                return translation.replace("{place}", match["place"].upper())
        return None
