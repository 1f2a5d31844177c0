"""Topics that the support desk names itself: each has examples, and a mail goes to the nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from processors.support.encoder import Encoder
from schemas.results import Topic

Vector = NDArray[np.float32]

LEAST = 0.3
"""cosine below which a mail is about none of them"""

SHARPNESS = 12.0


class TopicsFileError(ValueError):
    """The file of topics can't be used."""


def read_topics(path: Path) -> dict[str, list[str]]:
    """YAML `{topic: [example, …]}`.

    Raises:
        TopicsFileError: not such a file, or a topic without examples.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TopicsFileError(f"{path}: {error}") from error
    if not isinstance(given, dict) or not given:
        raise TopicsFileError(f"{path} must be {{topic: [example, …]}}")
    for name, examples in given.items():
        if not isinstance(examples, list) or not examples or not all(isinstance(text, str) for text in examples):
            raise TopicsFileError(f"{path}: topic {name!r} needs a list of examples, each a text")
    return {str(name): examples for name, examples in given.items()}


class Topics:
    """Nearest topic by the mean of its two most similar examples."""

    def __init__(self, examples: Mapping[str, Sequence[str]], encoder: Encoder) -> None:
        self.names = list(examples)
        self._vectors = [encoder.encode(texts).vectors for texts in examples.values()]

    def of(self, vector: Vector) -> Topic | None:
        """What a mail is about, or None; the confidence is a softmax over all topics.

        Args:
            vector: unit vector of the mail.
        """
        if not self.names:
            return None
        near = np.array([np.sort(vectors @ vector)[-2:].mean() for vectors in self._vectors])
        best = int(near.argmax())
        if near[best] < LEAST:
            return None
        weights = np.exp(SHARPNESS * (near - near[best]))
        return Topic(name=self.names[best], confidence=float(weights[best] / weights.sum()))
