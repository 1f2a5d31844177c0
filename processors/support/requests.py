"""Request classification: probabilities of request kinds, and log odds of danger, of each sentence.

Multinomial logistic regression over the sentence embedding and TF-IDF of character n-grams; danger is a second logistic
regression averaged with a kernel density ratio. docs/models/request-classification.md has the formulas and figures.
"""

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

CACHE_TEXTS, MAX_CACHED_CHARACTERS = 2_048, 300
"""Texts whose analysis is cached, and characters of the longest of them: longer ones hardly come twice, but a question
of an attendee is analyzed for its language, for danger, and beside the approved answers."""


class RequestAnalysis(Struct, frozen=True):
    """Analysis of n texts.

    Attributes:
        vectors: (n, dimensions) float32 unit vectors of the meaning.
        spanish_log_odds: (n,) float32, log odds of Spanish against English.
        probabilities: (n, kinds) float32, probability of each request kind; each row has the sum 1.
        danger_log_odds: (n,) float32, log odds that people are at risk.
        encoder_vectors: (n, 256) float32, from `Encoder.encode`; equal to `vectors` unless another model gives those.
    """

    vectors: Rows
    spanish_log_odds: Rows
    probabilities: Rows
    danger_log_odds: Rows
    encoder_vectors: Rows

    def row(self, index: int) -> RequestAnalysis:
        """Return the analysis of one of the texts."""
        return RequestAnalysis(*(rows[index : index + 1] for rows in msgspec.structs.astuple(self)))

    @classmethod
    def stack(cls, parts: Sequence[RequestAnalysis]) -> RequestAnalysis:
        """Return the analyses of several calls as one, in their order."""
        return cls(*(np.concatenate(rows) for rows in zip(*map(msgspec.structs.astuple, parts), strict=True)))


class RequestClassifier:
    """Classifies the request of a text; safe to use from several threads.

    >>> requests = RequestClassifier.load(Encoder.load())
    >>> analysis = requests.analyze(["¿Dónde puedo aparcar?", "Hola, espero que estéis bien"])
    >>> [requests.names[i] for i in analysis.probabilities.argmax(axis=1)]
    ['parking', 'nothing asked']
    """

    def __init__(self, model: Model, encoder: Encoder, embedder: TextEmbedder | None = None) -> None:
        """Combine a model with the encoder that it was trained with.

        Args:
            model: the model `requests`.
            encoder: its encoder.
            embedder: source of the vectors by which mails are compared, if it is not the encoder.

        Raises:
            ModelError: a file differs from the card, or the model was trained with another encoder.
        """
        settings = model.card.settings
        self.model = model
        self.encoder = encoder
        self._embedder = embedder
        self._cache: dict[bytes, RequestAnalysis] = {}
        self.names: list[str] = list(settings["requests"])
        self.dangerous = np.array([name in set(settings["danger"]) for name in self.names])
        """(kinds,) bool, true for request kinds in which people are at risk."""
        self._tfidf = CharNgramTfidf.for_model(model, encoder)

    @property
    def identity(self) -> str:
        """Name of the model that gives the vectors."""
        return self._embedder.identity if self._embedder else self.encoder.identity

    @classmethod
    def load(
        cls, encoder: Encoder, folder: Path | None = None, embedder: TextEmbedder | None = None
    ) -> RequestClassifier:
        """Load the shipped model, or the one in `folder`/requests, checked against its card and the encoder.

        Raises:
            ModelError: the model folder is incomplete, or does not match its card or the encoder.
        """
        return cls(open_model("requests", folder=folder), encoder, embedder)

    def analyze(self, texts: Sequence[str]) -> RequestAnalysis:
        """Analyze texts, each independently of the others.

        Short sentences are cached, because many people write the same ("Muchas gracias de antemano").
        """
        keys = [_cache_key(text) for text in texts]
        rows = [self._cache.get(key) if key else None for key in keys]
        missing = [index for index, row in enumerate(rows) if row is None]
        computed = self._compute([texts[index] for index in missing])
        self._add_to_cache((keys[index], computed.row(at)) for at, index in enumerate(missing))
        if len(missing) == len(texts):
            return computed
        for at, index in enumerate(missing):
            rows[index] = computed.row(at)
        return RequestAnalysis.stack([row for row in rows if row is not None])

    def _add_to_cache(self, rows: Iterable[tuple[bytes | None, RequestAnalysis]]) -> None:
        for key, row in rows:
            if key is not None:
                self._cache[key] = row
        while len(self._cache) > CACHE_TEXTS:
            with suppress(KeyError, RuntimeError, StopIteration):  # another thread may be doing the same
                del self._cache[next(iter(self._cache))]

    def _compute(self, texts: Sequence[str]) -> RequestAnalysis:
        encoded = self.encoder.encode(texts)
        probabilities = np.zeros((len(texts), len(self.names)), np.float32)
        danger = np.zeros(len(texts), np.float32)
        tfidf = self._tfidf.transform(texts)
        for row in range(len(texts)):
            # One by one, so that a text that is read again gets exactly the same numbers.
            inputs = {"vectors": encoded.vectors[row : row + 1], "pieces": tfidf[row : row + 1]}
            probabilities[row : row + 1], danger[row : row + 1] = self.model.session.run(["chances", "danger"], inputs)
        vectors = self._embedder.vectors(texts) if self._embedder else encoded.vectors
        return RequestAnalysis(vectors, encoded.spanish_log_odds, probabilities, danger, encoded.vectors)

    def encoder_vectors(self, texts: Sequence[str]) -> Rows:
        """Return the vectors of the encoder alone; those of texts that were analyzed come from the cache."""
        rows = [self._cache.get(key) if (key := _cache_key(text)) else None for text in texts]
        return np.concatenate([
            self.encoder.encode([text]).vectors if row is None else row.encoder_vectors
            for text, row in zip(texts, rows, strict=True)
        ])  # fmt: skip

    def vectors(self, texts: Sequence[str]) -> Rows:
        """Return only the vectors by which mails are compared."""
        return self._embedder.vectors(texts) if self._embedder else self.encoder.encode(texts).vectors


def _cache_key(text: str) -> bytes | None:
    """Return the digest of a short text, so that no text is stored; None for a long one."""
    if len(text) > MAX_CACHED_CHARACTERS:
        return None
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
