"""Collaborative arms: scores of artists for a listener from what other listeners play.

Each arm is fitted once on the plays of many, and then scores any row of liked artists, also that of a later listener.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from processors.recommendations.interactions import Scores

NEIGHBOURS = 200
"""Similar artists that are kept of each artist, as the model file stores them."""


class Arm(Protocol):
    """A source of scores."""

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return (n, m) scores of m artists for n rows of liked artists."""
        ...


class PopularityArm:
    """Number of listeners of each artist: the baseline that knows nothing of the listener."""

    def __init__(self, plays: sp.csr_matrix) -> None:
        self._listeners = np.asarray(plays.sum(axis=0), np.float32).ravel()

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return the same scores for each listener."""
        return np.tile(self._listeners, (liked.shape[0], 1))


class SimilarArtistsArm:
    """Sum of the similarities of an artist to those that a listener likes.

    Attributes:
        similarities: (m, m) float32 CSR; row: liked artist, column: scored artist.
    """

    def __init__(self, similarities: sp.csr_matrix) -> None:
        self.similarities = similarities

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return the sum over liked artists."""
        return np.asarray((liked @ self.similarities).todense(), np.float32)


def cosine_neighbours(plays: sp.csr_matrix, shrinkage: float = 20.0) -> SimilarArtistsArm:
    """Item-based nearest neighbours: cosine similarity of the listeners of two artists (Sarwar et al., 2001).

    Args:
        plays: (n, m).
        shrinkage: added to the denominator, so that few common listeners count for less.
    """
    common = np.asarray((plays.T @ plays).todense(), np.float32)
    listeners = common.diagonal().copy()
    np.fill_diagonal(common, 0)
    cosines = common / (np.sqrt(np.outer(listeners, listeners)) + np.float32(shrinkage))
    return SimilarArtistsArm(_nearest(cosines.astype(np.float32), NEIGHBOURS))


def random_walk(plays: sp.csr_matrix, popularity_exponent: float = 0.2) -> SimilarArtistsArm:
    """RP3beta: probability of a walk artist → listener → artist, less for popular ends (Christoffel et al., 2015).

    Args:
        plays: (n, m).
        popularity_exponent: beta, the power of an artist's number of listeners by which its probability is divided.
    """
    of_listener = np.maximum(np.asarray(plays.sum(axis=1)).ravel(), 1)
    of_artist = np.maximum(np.asarray(plays.sum(axis=0)).ravel(), 1)
    to_listeners = sp.diags(1 / of_artist) @ plays.T
    to_artists = sp.diags(1 / of_listener) @ plays
    walks = np.asarray((to_listeners @ to_artists).todense(), np.float32) / of_artist**popularity_exponent
    np.fill_diagonal(walks, 0)
    return SimilarArtistsArm(_nearest(walks.astype(np.float32), NEIGHBOURS))


def linear_autoencoder(plays: sp.csr_matrix, regularization: float = 200.0) -> SimilarArtistsArm:
    """EASE: ridge regression of each artist on all others, in closed form (Steck, 2019).

    Args:
        plays: (n, m).
        regularization: added to the diagonal of the (m, m) Gram matrix.
    """
    gram = np.asarray((plays.T @ plays).todense(), np.float64)
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return SimilarArtistsArm(_nearest(weights.astype(np.float32), NEIGHBOURS))


def _nearest(similarities: NDArray[np.float32], count: int) -> sp.csr_matrix:
    """Return the `count` strongest entries of each row, by absolute value."""
    if similarities.shape[1] > count:
        strength = np.abs(similarities)
        limits = np.partition(strength, -count, axis=1)[:, -count, None]
        similarities = np.where(strength >= limits, similarities, np.float32(0))
    return sp.csr_matrix(similarities)


class MatrixFactorizationArm:
    """Alternating least squares on implicit feedback (Hu, Koren and Volinsky, 2008), mean over several starts.

    A listener's factors are solved from the liked artists when scores are asked for (fold-in), so one who came after
    the training is scored like the others.

    Attributes:
        factors: one (m, factors) float32 array for each start.
    """

    def __init__(self, factors: list[NDArray[np.float32]]) -> None:
        self.factors = factors
        self._models = [self._model(one) for one in factors]

    @classmethod
    def fit(cls, plays: sp.csr_matrix, *, starts: int = 3) -> MatrixFactorizationArm:
        """Fit the factors of artists.

        Args:
            plays: (n, m).
            starts: number of seeds.
        """
        factors = []
        for seed in range(starts):
            with threadpool_limits(1, "blas"):  # its own threads and those of BLAS slow each other down
                model = AlternatingLeastSquares(**_SETTINGS, iterations=15, random_state=seed)
                model.fit(plays, show_progress=False)
            factors.append(np.asarray(model.item_factors, np.float32))
        return cls(factors)

    @staticmethod
    def _model(factors: NDArray[np.float32]) -> AlternatingLeastSquares:
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(**_SETTINGS)
        model.item_factors = factors.astype(np.float64)
        return model

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return the mean of the standardised scores of all starts."""
        total = np.zeros(liked.shape, np.float32)
        for model in self._models:
            listeners = model.recalculate_user(np.arange(liked.shape[0]), liked)
            total += standardized((listeners @ model.item_factors.T).astype(np.float32))
        return np.asarray(total / len(self._models), np.float32)


_SETTINGS = {
    "factors": 64,
    "regularization": 10.0,
    "alpha": 20.0,
    "use_cg": False,
    "dtype": np.float64,
    "num_threads": 1,
}
"""Chosen on a fifth of the training plays of the public split, training/taste/README.md."""


def standardized(scores: Scores) -> Scores:
    """Return scores with mean 0 and standard deviation 1 in each row; zeros where all are equal."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    return np.asarray(centred / np.where(deviation > 0, deviation, 1), np.float32)


class BlendedArm:
    """Weighted sum of the standardised scores of several arms."""

    def __init__(self, arms: list[tuple[float, Arm]]) -> None:
        self._arms = arms

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return the weighted sum."""
        total = np.zeros((*liked.shape[:1], 1), np.float32)
        for weight, arm in self._arms:
            total = total + np.float32(weight) * standardized(arm.scores(liked))
        return np.asarray(total, np.float32)


MATRIX_FACTORIZATION_WEIGHT = 2.0
"""Weight of matrix factorization beside a random walk of weight 1, chosen as `_SETTINGS` was."""


def collaborative_blend(factorization: MatrixFactorizationArm, walk: SimilarArtistsArm) -> BlendedArm:
    """Return the arm that is served: matrix factorization and random walk."""
    return BlendedArm([(MATRIX_FACTORIZATION_WEIGHT, factorization), (1.0, walk)])
