"""What a sentence asks of a festival: chances over a few dozen kinds of request, from its meaning and its letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.models.inference import Model, open_model
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.sentence_transformer import TextEmbedder

Rows = NDArray[np.float32]

REMEMBERED, SHORT = 2_048, 120
"""texts whose numbers are kept by digest, and characters of the longest of them: longer ones hardly come twice"""


class RequestAnalysis(Struct, frozen=True):
    """What is known of n texts.

    Attributes:
        vectors: (n, dimensions) float32 unit vectors of the meaning.
        spanish: (n,) log odds that a text is Spanish and not English.
        chances: (n, kinds) float32, each row sums to one.
        danger: (n,) float32, log odds that people are at risk.
        own: (n, 256) float32, as `Encoder.encode` gives them; the same as `vectors` where no other model gives those.
    """

    vectors: Rows
    spanish: Rows
    chances: Rows
    danger: Rows
    own: Rows

    def row(self, place: int) -> RequestAnalysis:
        """One of them."""
        return RequestAnalysis(*(rows[place : place + 1] for rows in msgspec.structs.astuple(self)))

    @classmethod
    def stack(cls, parts: Sequence[RequestAnalysis]) -> RequestAnalysis:
        """All of several, in their order."""
        return cls(*(np.concatenate(rows) for rows in zip(*map(msgspec.structs.astuple, parts), strict=True)))

    def and_(self, other: RequestAnalysis) -> RequestAnalysis:
        """These texts, then the others."""
        return RequestAnalysis.stack([self, other])


class RequestClassifier:
    """Encodes texts and weighs what they ask; safe to use from several threads.

    >>> requests = RequestClassifier.load(Encoder.load())
    >>> found = requests.analyze(["¿Dónde puedo aparcar?", "Hola, espero que estéis bien"])
    >>> [requests.names[i] for i in found.chances.argmax(axis=1)]
    ['parking', 'nothing asked']
    """

    def __init__(self, model: Model, encoder: Encoder, meaning: TextEmbedder | None = None) -> None:
        """Raises ModelError if a file is not the one of the card, or the model was made for another encoder.

        Args:
            meaning: gives the vectors that mails are compared by, where it is not the encoder.
        """
        settings = model.card.settings
        self.model = model
        self.encoder = encoder
        self._meaning = meaning
        self._known: dict[bytes, RequestAnalysis] = {}
        self.names: list[str] = list(settings["requests"])
        self.dangerous = np.array([name in set(settings["danger"]) for name in self.names])
        """(kinds,) whether a kind is a risk to people"""
        self.nothing = self.names.index(settings["nothing"])
        """place of the sentences that ask nothing"""
        self._grams = CharNgramTfidf.of(model, encoder)

    @property
    def identity(self) -> str:
        """Name of what gives the vectors."""
        return self._meaning.identity if self._meaning else self.encoder.identity

    @classmethod
    def load(
        cls, encoder: Encoder, folder: Path | None = None, meaning: TextEmbedder | None = None
    ) -> RequestClassifier:
        """The shipped model, or the one in `folder`/requests, checked against its card and the encoder.

        Raises:
            ModelError: the model folder is incomplete, or does not match its card or the encoder.
        """
        return cls(open_model("requests", folder=folder), encoder, meaning)

    def analyze(self, texts: Sequence[str]) -> RequestAnalysis:
        """Vectors, languages, chances and danger of `texts`; no text depends on its neighbours.

        Sentences that many people write ("Muchas gracias de antemano") are understood once.
        """
        keys = [_key(text) for text in texts]
        rows = [self._known.get(key) if key else None for key in keys]
        new = [place for place, row in enumerate(rows) if row is None]
        found = self._understand([texts[place] for place in new])
        if len(new) < len(texts):
            for at, place in enumerate(new):
                rows[place] = found.row(at)
            found = RequestAnalysis.stack([row for row in rows if row is not None])
        self._remember((keys[place], found.row(place)) for place in new)
        return found

    def _remember(self, rows: Iterable[tuple[bytes | None, RequestAnalysis]]) -> None:
        for key, row in rows:
            if key is not None:
                self._known[key] = row
        while len(self._known) > REMEMBERED:
            with suppress(KeyError, RuntimeError, StopIteration):  # another thread may be doing the same
                del self._known[next(iter(self._known))]

    def _understand(self, texts: Sequence[str]) -> RequestAnalysis:
        encoded = self.encoder.encode(texts)
        chances = np.zeros((len(texts), len(self.names)), np.float32)
        danger = np.zeros(len(texts), np.float32)
        grams = self._grams.encode(texts)
        for row in range(len(texts)):
            # One by one, so that a text that is read again gets exactly the numbers that it had.
            given = {"vectors": encoded.vectors[row : row + 1], "pieces": grams[row : row + 1]}
            chances[row : row + 1], danger[row : row + 1] = self.model.session.run(["chances", "danger"], given)
        vectors = self._meaning.vectors(texts) if self._meaning else encoded.vectors
        return RequestAnalysis(vectors, encoded.spanish, chances, danger, encoded.vectors)

    def vectors(self, texts: Sequence[str]) -> Rows:
        """Only what mails are compared by."""
        return self._meaning.vectors(texts) if self._meaning else self.encoder.encode(texts).vectors


def _key(text: str) -> bytes | None:
    """Digest of a short text; no text is kept itself."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() if len(text) <= SHORT else None
