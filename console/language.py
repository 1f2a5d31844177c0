"""Phrases of the pages by language: `words.LANGUAGE.yaml` of the console and of each feature.

A language is added by adding files: those languages are offered for which a file exists. What a language lacks is shown
in English and reported in the log when the console starts.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec
import yaml

from schemas.errors import PulsoError

log = logging.getLogger(__name__)

Language: TypeAlias = str
"""ISO 639-1 code, as `es`."""

Words: TypeAlias = dict[Language, dict[str, str]]
"""Phrases by language and name; every language has every name."""

FALLBACK: Language = "en"


class WordsError(PulsoError, ValueError):
    """A word file can't be used, a phrase is in two files, or one is not in English."""


def read_words(folders: Iterable[Path]) -> Words:
    """Read the word files of the console and of its features.

    Raises:
        WordsError: a file is not a table of texts, two folders have a phrase of the same name, or a phrase has no
            English.
    """
    words: Words = {FALLBACK: {}}
    folder_of: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("words.*.yaml")):
            language = file.name.split(".")[1]
            for name, phrase in _phrases(file).items():
                if folder_of.setdefault(name, folder) != folder:
                    raise WordsError(f"{file}: {name} is in {folder_of[name]}, too; give one of them another name")
                words.setdefault(language, {})[name] = phrase
    english = words[FALLBACK]
    for language, phrases in words.items():
        if unknown := sorted(phrases.keys() - english.keys()):
            raise WordsError(f"not in words.{FALLBACK}.yaml, but in words.{language}.yaml: {', '.join(unknown)}")
        if missing := sorted(english.keys() - phrases.keys()):
            log.warning("words.%s.yaml lacks %s: shown in English", language, ", ".join(missing))
    return {language: english | words[language] for language in sorted(words)}


def choose_language(chosen: str | None, accept: str, languages: Collection[Language], otherwise: Language) -> Language:
    """Return the language that a person chose, else the first that the browser accepts, else the venue's.

    >>> choose_language(None, "de;q=0.9,en;q=0.8", ("en", "es"), "es")
    'en'
    >>> choose_language("es", "en", ("en", "es"), "en")
    'es'
    >>> choose_language("fr", "", ("en", "es"), "es")
    'es'
    """
    for part in (chosen or "", *accept.split(",")):
        language = part.split(";")[0].strip().lower()[:2]
        if language in languages:
            return language
    return otherwise


def _phrases(file: Path) -> dict[str, str]:
    try:
        return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), dict[str, str])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise WordsError(f"{file}: {error}; write one `name: phrase` a line") from error
