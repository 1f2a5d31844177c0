"""Character n-grams within words as features: a mistyped word shares most of them with the right one."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, ModelError, sha256_of
from processors.support.encoder import Encoder
from processors.support.words import fold_text

MIN_LENGTH, MAX_LENGTH = 3, 5
"""Characters of an n-gram; a word is padded with a space at either end."""

MAX_TEXT_CHARACTERS, MAX_WORD_CHARACTERS = 2_000, 40
"""Characters that are read of a text and of a word."""

Rows = NDArray[np.float32]


def char_ngrams(text: str) -> Iterator[str]:
    """Yield the 3- to 5-grams of each word, folded.

    >>> list(char_ngrams("¡Sí!"))
    [' si', 'si ', ' si ']
    """
    letters = "".join(letter if letter.isalnum() else " " for letter in fold_text(text[:MAX_TEXT_CHARACTERS]))
    for word in letters.split():
        padded = f" {word[:MAX_WORD_CHARACTERS]} "
        for length in range(MIN_LENGTH, min(MAX_LENGTH, len(padded)) + 1):
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]


class CharNgramTfidf:
    """TF-IDF of n-grams (Salton and Buckley, 1988), of characters unless told otherwise.

    A count c weighs (1 + ln c) · idf, idf = ln((1 + n) / (1 + df)) + 1 with n texts of which df have the n-gram, and a
    row has unit length, as in scikit-learn's `TfidfVectorizer(analyzer="char_wb", sublinear_tf=True)`.

    Args:
        weights: inverse document frequency by n-gram, in the order of the columns.
        ngrams: yields the n-grams of a text.

    >>> tfidf = CharNgramTfidf({" si": 1.0, "si ": 2.0})
    >>> tfidf.transform(["sí", "no"]).round(1).astype(float).round(1).tolist()
    [[0.4, 0.9], [0.0, 0.0]]
    """

    def __init__(self, weights: Mapping[str, float], *, ngrams: Callable[[str], Iterable[str]] = char_ngrams) -> None:
        self._ngrams = ngrams
        self._columns = {ngram: column for column, ngram in enumerate(weights)}
        self._weights = np.array(list(weights.values()), np.float32)

    @classmethod
    def for_model(
        cls,
        model: Model,
        encoder: Encoder,
        *,
        name: str = "pieces",
        ngrams: Callable[[str], Iterable[str]] = char_ngrams,
    ) -> CharNgramTfidf:
        """Return the n-grams and weights that a model was trained with, checked against its card.

        Args:
            model: the model; its folder has `name`.json, its card `name`_sha256.
            encoder: the encoder of its vectors.
            name: name of the file and of the model's input.
            ngrams: yields the n-grams of a text.

        Raises:
            ModelError: the file differs from the model's card, or the model was trained with another encoder.
        """
        settings, path = model.card.settings, model.folder / f"{name}.json"
        if not path.exists() or sha256_of(path) != settings.get(f"{name}_sha256"):
            raise ModelError(f"{path} differs from its card: restore it with `git checkout models/{model.card.name}`")
        if settings.get("encoder_sha256") != encoder.model.card.sha256:
            raise ModelError(
                f"models/{name} was trained with another encoder: run `python -m training.{model.card.name}.train`, or "
                "restore both with `git checkout models/`"
            )
        return cls.read(path, ngrams=ngrams)

    @classmethod
    def fit_weights(
        cls, texts: Iterable[str], *, min_texts: int = 2, ngrams: Callable[[str], Iterable[str]] = char_ngrams
    ) -> dict[str, float]:
        """Return the inverse document frequency of each n-gram that occurs in at least `min_texts` texts."""
        frequencies: Counter[str] = Counter()
        number = 0
        for text in texts:
            number += 1
            frequencies.update(set(ngrams(text)))
        frequent = sorted(ngram for ngram, count in frequencies.items() if count >= min_texts)
        return {ngram: round(math.log((1 + number) / (1 + frequencies[ngram])) + 1, 4) for ngram in frequent}

    @classmethod
    def read(cls, path: Path, *, ngrams: Callable[[str], Iterable[str]] = char_ngrams) -> CharNgramTfidf:
        """Read weights from a JSON file {n-gram: weight}."""
        return cls(json.loads(path.read_text(encoding="utf-8")), ngrams=ngrams)

    def transform(self, texts: Sequence[str]) -> Rows:
        """Return the features of n texts, (n, n-grams) float32; zeros where no n-gram of a text has a weight."""
        rows = np.zeros((len(texts), len(self._columns)), np.float32)
        for row, text in zip(rows, texts, strict=True):
            counts = Counter(column for ngram in self._ngrams(text) if (column := self._columns.get(ngram)) is not None)
            if not counts:
                continue
            columns = np.fromiter(counts, np.int64, len(counts))
            values = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
            values *= self._weights[columns]
            row[columns] = values / np.linalg.norm(values)
        return rows
