"""Pieces of words as features: what is left of a word that was mistyped."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, ModelError, sha256_of
from processors.support.encoder import Encoder
from processors.support.words import fold_text

SHORTEST, LONGEST = 3, 5
"""letters of a piece; a word counts with a space at either end"""

CHARACTERS, WORD = 2_000, 40
"""of a text and of a word that are read"""

Rows = NDArray[np.float32]


def pieces(text: str) -> Iterator[str]:
    """All runs of three to five letters of each word, folded.

    >>> list(pieces("¡Sí!"))
    [' si', 'si ', ' si ']
    """
    letters = "".join(letter if letter.isalnum() else " " for letter in fold_text(text[:CHARACTERS]))
    for word in letters.split():
        padded = f" {word[:WORD]} "
        for length in range(SHORTEST, min(LONGEST, len(padded)) + 1):
            for at in range(len(padded) - length + 1):
                yield padded[at : at + length]


class CharNgramTfidf:
    """TF-IDF of pieces of words: sublinear counts, smoothed inverse document frequency, unit length.

    The weighting is that of Salton and Buckley (1988), as scikit-learn's `TfidfVectorizer(sublinear_tf=True)` has it.

    Args:
        weights: inverse document frequency of each piece that is known, in the order of the columns.

    >>> grams = CharNgramTfidf({" si": 1.0, "si ": 2.0})
    >>> grams.encode(["sí", "no"]).round(1).astype(float).round(1).tolist()
    [[0.4, 0.9], [0.0, 0.0]]
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._columns = {piece: column for column, piece in enumerate(weights)}
        self._weights = np.array(list(weights.values()), np.float32)

    @classmethod
    def of(cls, model: Model, encoder: Encoder) -> CharNgramTfidf:
        """Those that a model was trained with, for vectors of this encoder.

        Raises:
            ModelError: pieces.json is not the one of the model's card, or the model was made for another encoder.
        """
        name, settings, path = model.card.name, model.card.settings, model.folder / "pieces.json"
        if not path.exists() or sha256_of(path) != settings.get("pieces_sha256"):
            raise ModelError(f"{path} is not the one of its card: restore it with `git checkout models/{name}`")
        if settings.get("encoder_sha256") != encoder.model.card.sha256:
            raise ModelError(
                f"models/{name} was made for another encoder: run `python -m training.{name}.train`, or restore "
                "both with `git checkout models/`"
            )
        return cls.read(path)

    @classmethod
    def learn(cls, texts: Iterable[str], *, fewest: int = 2) -> dict[str, float]:
        """Pieces that stand in at least `fewest` texts, and their weights."""
        found: Counter[str] = Counter()
        number = 0
        for text in texts:
            number += 1
            found.update(set(pieces(text)))
        kept = sorted(piece for piece, count in found.items() if count >= fewest)
        return {piece: round(math.log((1 + number) / (1 + found[piece])) + 1, 4) for piece in kept}

    @classmethod
    def read(cls, path: Path) -> CharNgramTfidf:
        """From a JSON file {piece: weight}."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def encode(self, texts: Sequence[str]) -> Rows:
        """(n, pieces) float32; a row is zeros where nothing is known."""
        rows = np.zeros((len(texts), len(self._columns)), np.float32)
        for row, text in zip(rows, texts, strict=True):
            counts = Counter(column for piece in pieces(text) if (column := self._columns.get(piece)) is not None)
            if not counts:
                continue
            columns = np.fromiter(counts, np.int64, len(counts))
            values = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
            values *= self._weights[columns]
            row[columns] = values / np.linalg.norm(values)
        return rows
