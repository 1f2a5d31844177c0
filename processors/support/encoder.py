"""Meaning of a text as a vector, and whether it is Spanish or English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from tokenizers import Tokenizer

from processors.models.inference import Model, ModelError, open_model, sha256_of

Vectors = NDArray[np.float32]

LONGEST = 2_000
"""characters that are read; what a mail is about stands at its beginning"""


class EncodedTexts(Struct, frozen=True):
    """What is known of n texts.

    Attributes:
        vectors: (n, 256) float32 unit vectors; zeros where no piece of a text is known.
        spanish: (n,) log odds that a text is Spanish and not English.
    """

    vectors: Vectors
    spanish: Vectors


class Encoder:
    """Encodes texts in English and Spanish into one space; safe to use from several threads.

    >>> found = Encoder.load().encode(["Where can I park?", "¿Dónde puedo aparcar?", "My food was cold"])
    >>> float(found.vectors[0] @ found.vectors[1]) > float(found.vectors[0] @ found.vectors[2])
    True
    >>> [bool(odds > 0) for odds in found.spanish]
    [False, True, False]
    """

    def __init__(self, model: Model) -> None:
        """Raises ModelError if the tokenizer is missing or not the one of the card."""
        path: Path = model.folder / "tokenizer.json"
        if not path.exists() or sha256_of(path) != model.card.settings.get("tokenizer_sha256"):
            raise ModelError(f"{path} is not the tokenizer of its card: restore it with `git checkout models/encoder`")
        self.model = model
        self._tokenizer = Tokenizer.from_file(str(path))
        self._empty = {self._tokenizer.token_to_id(piece) for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")}

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 1) -> Encoder:
        """The shipped model, or the one in `folder`/encoder, checked against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("encoder", folder=folder, threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results quote it."""
        return self.model.identity

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.model.session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Vectors and languages of `texts`.

        Each text is a run of its own: in 8 bits a text's vector would depend on its neighbours in a batch, and a mail
        that is read again after a crash must get exactly the vector that it had.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        spanish = np.zeros(len(texts), np.float32)
        for row, text in enumerate(texts):
            ids = self._tokenizer.encode(text[:LONGEST]).ids
            if set(ids) <= self._empty:
                continue
            found, odds = self.model.session.run(["embeddings", "spanish"], {"ids": np.array([ids], np.int64)})
            vectors[row], spanish[row] = found[0], odds[0]
        return EncodedTexts(vectors, spanish)
