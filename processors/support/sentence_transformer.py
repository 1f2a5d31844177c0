"""Embeddings of a sentence-transformers model in place of those of the shipped encoder."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from processors.support.encoder import MAX_CHARACTERS
from schemas.errors import PulsoError

PREFIX = "sentence-transformers:"


class EncoderError(PulsoError, RuntimeError):
    """The encoder of the setting can't be loaded; the message states what to do."""


class TextEmbedder(Protocol):
    """Source of embeddings: texts to unit vectors."""

    @property
    def identity(self) -> str:
        """Name of the model, as results state it."""
        ...

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors (n, dimensions); zeros where no part of a text is in the vocabulary."""
        ...


class SentenceTransformerEmbedder:
    """Embeddings of a sentence-transformers model, each text in a run of its own as in the shipped encoder."""

    def __init__(self, name: str) -> None:
        """Load a model by name or folder.

        Raises:
            EncoderError: the library is not installed, or can't load the model.
        """
        try:
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EncoderError(
                f"PULSO_ENCODER={PREFIX}{name} needs sentence-transformers, which is not installed: in a checkout run "
                "`.venv/bin/pip install sentence-transformers` (it brings PyTorch); the image does not have it. "
                "Or unset PULSO_ENCODER"
            ) from error
        try:
            self._model: Any = library.SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library raises exceptions of any type for a model that it can't find or read
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
        """Return unit vectors (n, dimensions); zeros for empty texts."""
        rows = [
            self._model.encode([text[:MAX_CHARACTERS]], normalize_embeddings=True, show_progress_bar=False)[0]
            for text in texts
        ]
        out = np.array(rows, np.float32).reshape(len(texts), self._dimensions)
        out[[not text.strip() for text in texts]] = 0
        return out


def embedder_from_setting(setting: str) -> TextEmbedder | None:
    """Return the embedder that PULSO_ENCODER names; None for the shipped encoder.

    Raises:
        EncoderError: the setting is not valid, or the model can't be loaded.

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
