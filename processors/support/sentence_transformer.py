"""Any model of sentence-transformers in the place of the shipped encoder's vectors, where that library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from processors.support.encoder import LONGEST
from schemas.errors import PulsoError

PREFIX = "sentence-transformers:"


class EncoderError(PulsoError, RuntimeError):
    """The encoder that is asked for can't be had; the message says what to do."""


class TextEmbedder(Protocol):
    """What gives texts vectors of unit length."""

    @property
    def identity(self) -> str:
        """Name of the model, as results quote it."""
        ...

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions); zeros where nothing of a text is known."""
        ...


class SentenceTransformerEmbedder:
    """Vectors of a model of sentence-transformers, each text for itself, as the shipped encoder does it."""

    def __init__(self, name: str) -> None:
        """Raises EncoderError if the library is not installed, or has no such model."""
        try:
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EncoderError(
                f"PULSO_ENCODER={PREFIX}{name} needs sentence-transformers, which is not installed here: "
                "`pip install 'pulso[train]'` (it brings PyTorch), or leave PULSO_ENCODER out"
            ) from error
        try:
            self._model: Any = library.SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library raises anything for a model that it can't find or read
            raise EncoderError(
                f"sentence-transformers can't load {name!r}: {error}. Give the name of a model, or its folder"
            ) from error
        self._name = name
        self._dimensions = len(self._model.encode(["a"], show_progress_bar=False)[0])

    @property
    def identity(self) -> str:
        """`sentence-transformers:NAME`."""
        return f"{PREFIX}{self._name}"

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions); zeros for empty texts."""
        found = [
            self._model.encode([text[:LONGEST]], normalize_embeddings=True, show_progress_bar=False)[0]
            for text in texts
        ]
        out = np.array(found, np.float32).reshape(len(texts), self._dimensions)
        out[[not text.strip() for text in texts]] = 0
        return out


def embedder_from_setting(setting: str) -> TextEmbedder | None:
    """What PULSO_ENCODER names; None for the shipped encoder.

    Raises:
        EncoderError: it can't be had.

    >>> embedder_from_setting("shipped") is None
    True
    >>> embedder_from_setting("word2vec")
    Traceback (most recent call last):
    ...
    processors.support.sentence_transformer.EncoderError: PULSO_ENCODER is shipped or sentence-transformers:NAME, not 'word2vec'
    """  # noqa: E501 - the last line of a traceback
    if setting == "shipped":
        return None
    name = setting.removeprefix(PREFIX)
    if name == setting or not name:
        raise EncoderError(f"PULSO_ENCODER is shipped or {PREFIX}NAME, not {setting!r}")
    return SentenceTransformerEmbedder(name)
