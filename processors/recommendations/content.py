"""Content arm: acts that nobody has played yet are scored by the artists whose descriptions are most like theirs.

Two views of a description are added: TF-IDF of its tags, which is exact, and the mean of the tags' sentence vectors,
which also relates tags that no two artists share, in Spanish or English.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from processors.recommendations.arms import SimilarArtistsArm

TagVectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""Returns unit vectors (n, d) of n tags."""

NEAREST = 10
"""Described artists that speak for a new one; fewer and more than ten recall less on Last.fm 2K."""


class Descriptions:
    """Tags of artists as two matrices of unit rows.

    Attributes:
        described: (m,) False where an artist has no known tag.
    """

    def __init__(
        self, tags: Sequence[Mapping[str, float]], frequencies: Mapping[str, float], vectors: NDArray[np.float32]
    ) -> None:
        """Describe artists by their tags.

        Args:
            tags: weight of each tag, for each artist.
            frequencies: inverse document frequency by tag; tags that are not in it count in the sentence vectors only.
            vectors: (m, d) mean sentence vectors of the tags, from `mean_tag_vectors`.
        """
        vocabulary = {tag: column for column, tag in enumerate(frequencies)}
        self._tfidf = _unit_rows(_tag_matrix(tags, vocabulary) @ sp.diags(np.array(list(frequencies.values()))))
        self._vectors = vectors
        self.described = np.array([bool(one) for one in tags], bool)

    def similarities(self, others: Descriptions) -> NDArray[np.float32]:
        """Return (m, k): similarity of each artist here to each of `others`; both views weigh the same."""
        tfidf = np.asarray((self._tfidf @ others._tfidf.T).todense(), np.float32)
        vectors = np.maximum(self._vectors @ others._vectors.T, 0)
        return np.asarray(sum(view / max(float(view.std()), 1e-9) for view in (tfidf, vectors)), np.float32)


def mean_tag_vectors(tags: Sequence[Mapping[str, float]], tag_vectors: TagVectors) -> NDArray[np.float32]:
    """Return (m, d) unit vectors: the weighted mean of the sentence vectors of each artist's tags.

    Args:
        tags: weight of each tag, for each artist; zeros where an artist has none.
        tag_vectors: sentence encoder; is given each tag once.
    """
    known = sorted({tag for one in tags for tag in one})
    encoded = tag_vectors(known)
    vectors = dict(zip(known, encoded, strict=True))
    return np.array([_mean_vector(one, vectors, encoded.shape[1]) for one in tags], np.float32)


def inverse_document_frequencies(tags: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return ln(artists / artists with the tag) for each tag, in the order of the tags' names."""
    counts = Counter(tag for one in tags for tag in one)
    return {tag: math.log(len(tags) / counts[tag]) for tag in sorted(counts)}


def content_neighbours(played: Descriptions, new: Descriptions) -> SimilarArtistsArm:
    """Return the arm that scores new artists by those of `played` that are nearest to them.

    Each new artist has `NEAREST` neighbours of total length one, so that one that is like everything has no advantage.
    """
    similarities = played.similarities(new)
    similarities[:, ~new.described] = 0
    if similarities.shape[0] > NEAREST:
        limits = np.partition(similarities, -NEAREST, axis=0)[-NEAREST]
        similarities = np.where(similarities >= limits, similarities, np.float32(0))
    lengths = np.linalg.norm(similarities, axis=0)
    return SimilarArtistsArm(sp.csr_matrix(similarities / np.where(lengths > 0, lengths, 1)))


def _tag_matrix(tags: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int]) -> sp.csr_matrix:
    entries = [
        (row, vocabulary[tag], weight)
        for row, one in enumerate(tags)
        for tag, weight in one.items()
        if tag in vocabulary
    ]
    rows, columns, weights = (np.array(part) for part in zip(*entries, strict=True)) if entries else ([], [], [])
    return sp.csr_matrix((weights, (rows, columns)), shape=(len(tags), len(vocabulary)), dtype=np.float32)


def _unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags(1 / np.where(lengths > 0, lengths, 1)) @ matrix)


def _mean_vector(
    tags: Mapping[str, float], vectors: Mapping[str, NDArray[np.float32]], size: int
) -> NDArray[np.float32]:
    total = np.zeros(size)
    for tag, weight in tags.items():
        total += vectors[tag] * weight
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length else total, np.float32)
