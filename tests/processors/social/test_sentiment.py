"""Words of posts as features, and the model's files checked against its card."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from processors.models.inference import ModelError
from processors.social.post_words import MAX_TEXT_CHARACTERS, word_ngrams, words_of_post
from processors.social.sentiment import SentimentClassifier
from processors.support.encoder import Encoder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("¡¡NO vuelvo!! :(", ["no", "vuelvo", "!", "!!", ":("]),
        ("jajajaj buenísimoooo 😍", ["jaja", "<long>", "buenisimo", "😍"]),
        ("#Festival 2024… lol", ["#festival", "festival", "0", "...", "jaja"]),
        ("what?! don't", ["what", "?", "??", "don't"]),
        ("100000", ["0"]),
    ],
)
def test_words_carry_faces_laughter_and_emphasis(text: str, words: list[str]) -> None:
    assert list(words_of_post(text)) == words


def test_long_texts_are_bounded() -> None:
    assert len(list(word_ngrams("ja ha " * 100_000))) < MAX_TEXT_CHARACTERS
    assert max(map(len, words_of_post("#" + "ab" * 5_000))) <= 40


def test_probabilities_are_those_of_three_sentiments(encoder: Encoder) -> None:
    classifier = SentimentClassifier.load(encoder)
    for text in ("", "🎉", "Una vergüenza, nunca más", "Gracias, ha sido genial"):
        sentiment, probability = classifier.classify(text, encoder.encode([text]).vectors[0])
        assert sentiment in ("negative", "neutral", "positive")
        assert np.isfinite(probability) and 1 / 3 <= round(probability, 6) <= 1


@pytest.mark.parametrize("name", ["pieces.json", "words.json"])
def test_changed_ngrams_are_refused(encoder: Encoder, tmp_path: Path, name: str) -> None:
    shutil.copytree(SentimentClassifier.load(encoder).model.folder, tmp_path / "sentiment")
    (tmp_path / "sentiment" / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=f"{name} differs from its card"):
        SentimentClassifier.load(encoder, tmp_path)
