"""Word files: complete in the shipped languages, and extensible by further files."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
import yaml

from console.language import WordsError, choose_language, read_words
from console.registry import static_folders, word_folders
from processors.support.topics import read_topics
from stream.runtime.settings import ROOT


def write(folder: Path, language: str, **phrases: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"words.{language}.yaml").write_text(yaml.safe_dump(phrases), encoding="utf-8")


def test_shipped_languages_have_every_phrase(caplog: pytest.LogCaptureFixture) -> None:
    words = read_words(word_folders())
    assert set(words) == {"en", "es"}
    assert words["en"].keys() == words["es"].keys()
    assert not caplog.records, "no language lacks a phrase"
    for name, phrase in words["en"].items():
        assert set(re.findall(r"{\w+}", phrase)) == set(re.findall(r"{\w+}", words["es"][name])), name


def test_every_phrase_of_the_scripts_is_in_the_word_files() -> None:
    words = read_words(word_folders())["en"]
    scripts = [script for folder in static_folders().values() for script in folder.glob("*.js")]
    assert len(scripts) > 15
    for script in scripts:
        for name in re.findall(r'\bt\("([^"]+)"', script.read_text(encoding="utf-8")):
            assert name in words, f"{script}: {name}"
    topics = read_topics(ROOT / "deploy" / "support" / "topics.yaml")
    assert all(set(topic.names) == {"es"} for topic in topics.values()), "the example's topics have a Spanish name"


def test_added_language_falls_back_to_english_and_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "bars", "en", bar="Bar", stock="{n} left")
    write(tmp_path / "bars", "ca", bar="Barra")
    with caplog.at_level(logging.WARNING):
        words = read_words([tmp_path / "bars"])
    assert words["ca"] == {"bar": "Barra", "stock": "{n} left"}
    assert "words.ca.yaml lacks stock" in caplog.text
    assert choose_language(None, "ca-ES,es;q=0.8", words, "en") == "ca"


def test_phrase_in_two_folders_is_an_error(tmp_path: Path) -> None:
    for name in ("bars", "queues"):
        write(tmp_path / name, "en", waiting="Waiting")
    with pytest.raises(WordsError, match="give one of them another name"):
        read_words([tmp_path / "bars", tmp_path / "queues"])


def test_phrase_without_english_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "bars", "es", bar="Barra")
    with pytest.raises(WordsError, match=r"not in words.en.yaml.*: bar"):
        read_words([tmp_path / "bars"])
