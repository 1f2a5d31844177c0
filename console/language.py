"""What the pages say, in Spanish and English: words/*.yaml, checked once when the console starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from processors.support.topics import TopicSettings

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")

WORDS = Path(__file__).parent / "words"


def read_words(folder: Path = WORDS) -> dict[Language, dict[str, str]]:
    """Every phrase by language and name.

    Raises:
        ValueError: a phrase lacks a language, or a name stands in two files.
    """
    found: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
    for file in sorted(folder.glob("*.yaml")):
        phrases: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, phrase in phrases.items():
            if set(phrase) != set(LANGUAGES):
                raise ValueError(f"{file.name}: {name} needs exactly {' and '.join(LANGUAGES)}")
            if name in found["es"]:
                raise ValueError(f"{file.name}: {name} stands in another file too")
            for language in LANGUAGES:
                found[language][name] = phrase[language]
    return found


def with_topics(
    words: Mapping[Language, Mapping[str, str]], topics: Mapping[str, TopicSettings]
) -> dict[Language, dict[str, str]]:
    """Also `topic_NAME` for each topic of the support desk, called by its own name where the file has no other.

    >>> refund = TopicSettings(examples=["My money back"], names={"es": "devolución"})
    >>> with_topics({"es": {}, "en": {}}, {"refund": refund})
    {'es': {'topic_refund': 'devolución'}, 'en': {'topic_refund': 'refund'}}
    """
    return {
        language: {
            **words[language],
            **{f"topic_{name}": one.names.get(language, name) for name, one in topics.items()},
        }
        for language in LANGUAGES
    }


def language_of(chosen: str | None, accept: str, otherwise: Language) -> Language:
    """What the person chose, else the first of our languages that the browser names, else the venue's.

    >>> language_of(None, "de;q=0.9,en;q=0.8", "es")
    'en'
    >>> language_of("es", "en", "en")
    'es'
    >>> language_of("fr", "", "es")
    'es'
    """
    for part in (chosen or "", *accept.split(",")):
        match part.split(";")[0].strip().lower()[:2]:
            case "es":
                return "es"
            case "en":
                return "en"
    return otherwise
