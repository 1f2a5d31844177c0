"""Sentence embeddings for Spanish and English in one vector space, and log odds of the language.

A six-layer BERT distilled from all-MiniLM-L6-v2 (multilingual knowledge distillation; Reimers and Gurevych, 2020),
served as ONNX in 8 bits. docs/models/support-encoder.md has the method and the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from tokenizers import Tokenizer

from processors.models.inference import Model, ModelError, open_model, sha256_of

Vectors = NDArray[np.float32]

MAX_CHARACTERS = 2_000
"""Characters that are read of a text; the subject of a mail is at its beginning."""


class EncodedTexts(Struct, frozen=True):
    """Embeddings and language of n texts.

    Attributes:
        vectors: (n, 256) float32 unit vectors; zeros where no word piece of a text is in the vocabulary.
        spanish_log_odds: (n,) float32, log odds of Spanish against English.
    """

    vectors: Vectors
    spanish_log_odds: Vectors


class Encoder:
    """Sentence encoder for Spanish and English; safe to use from several threads.

    >>> encoded = Encoder.load().encode(["Where can I park?", "¿Dónde puedo aparcar?", "My food was cold"])
    >>> float(encoded.vectors[0] @ encoded.vectors[1]) > float(encoded.vectors[0] @ encoded.vectors[2])
    True
    >>> [bool(odds > 0) for odds in encoded.spanish_log_odds]
    [False, True, False]
    """

    def __init__(self, model: Model) -> None:
        """Load the tokenizer of a model.

        Raises:
            ModelError: the tokenizer is missing or differs from the card.
        """
        path: Path = model.folder / "tokenizer.json"
        if not path.exists() or sha256_of(path) != model.card.settings.get("tokenizer_sha256"):
            raise ModelError(f"{path} differs from its card: restore it with `git checkout models/encoder`")
        self.model = model
        self._tokenizer = Tokenizer.from_file(str(path))
        self._special_ids = {self._tokenizer.token_to_id(piece) for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")}

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 1) -> Encoder:
        """Load the shipped model, or the one in `folder`/encoder, checked against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("encoder", folder=folder, threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results state it."""
        return self.model.identity

    @property
    def dimensions(self) -> int:
        """Number of dimensions of a vector."""
        return int(self.model.session.get_outputs()[0].shape[1])

    def is_word(self, text: str) -> bool:
        """Return True if the vocabulary has a word, or all of it but an ending of at most two letters.

        >>> encoder = Encoder.load()
        >>> encoder.is_word("concert"), encoder.is_word("conciertos"), encoder.is_word("coldplay")
        (True, True, False)
        """
        pieces = self._tokenizer.encode(text, add_special_tokens=False).tokens
        if not pieces or pieces[0] in ("[UNK]",):
            return False
        return len(pieces) == 1 or (len(pieces) == 2 and len(pieces[0]) >= 4 and len(pieces[1]) <= 4)

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Return the vectors and language log odds of texts.

        Each text is a run of its own: in 8 bits its vector would depend on the other texts of a batch, and a mail that
        is read again after a crash must get exactly the same vector.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        spanish_log_odds = np.zeros(len(texts), np.float32)
        for row, text in enumerate(texts):
            ids = self._tokenizer.encode(text[:MAX_CHARACTERS]).ids
            if set(ids) <= self._special_ids:
                continue
            embeddings, odds = self.model.session.run(["embeddings", "spanish"], {"ids": np.array([ids], np.int64)})
            vectors[row], spanish_log_odds[row] = embeddings[0], odds[0]
        return EncodedTexts(vectors, spanish_log_odds)
