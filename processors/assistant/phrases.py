"""Texts of answers in Spanish and English, and how days, times and lists are written in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

_FOLDER = Path(__file__).parent


class Phrases:
    """Templates by language and name."""

    def __init__(self, texts: Mapping[str, Mapping[str, Any]]) -> None:
        self._texts = texts

    @staticmethod
    @cache
    def load() -> Phrases:
        """Return the shipped texts."""
        return Phrases(
            {
                language: yaml.safe_load((_FOLDER / f"phrases.{language}.yaml").read_text(encoding="utf-8"))
                for language in ("es", "en")
            }
        )

    def text(self, language: str, name: str, /, **values: object) -> str:
        """Return a text with its values filled in."""
        return str(self._texts[language][name]).format(**values)

    def name(self, language: str, group: str, key: str) -> str:
        """Return the word for a kind of place, a service on stage, or a language; the key if there is none."""
        return str(self._texts[language][group].get(key, key.replace("_", " ")))

    def join(self, language: str, parts: Sequence[str]) -> str:
        """Return a list in words."""
        if len(parts) < 2:
            return "".join(parts)
        word = str(self._texts[language]["and"])
        return f"{', '.join(parts[:-1])} {word} {parts[-1]}"

    def day(self, language: Literal["es", "en"], day: date) -> str:
        """Return a day with its weekday, such as "sábado 10 de julio"."""
        weekday = self._texts[language]["weekdays"][day.weekday()]
        month = self._texts[language]["months"][day.month - 1]
        return f"{weekday} {day.day} de {month}" if language == "es" else f"{weekday} {day.day} {month}"


def clock(moment: datetime) -> str:
    """Return a time as HH:MM."""
    return f"{moment:%H:%M}"
