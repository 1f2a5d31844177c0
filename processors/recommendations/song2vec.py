"""song2vec: skip-gram with negative sampling on listening lists, with noise that prefers rare artists.

Mikolov et al. (2013) on the lists of what each listener plays; the window is the whole list, and noise is drawn with
the power -0.5 of an artist's plays (Caselles-Dupré, Lesaint and Royo-Letelier, 2018). Instead of drawing pairs and
noise, it ascends the objective that they have on average (Levy and Goldberg, 2014), which few thousand artists allow:

    Σ_ij c_ij log σ(u_i·v_j) + k Σ_i c_i Σ_j p_j log σ(-u_i·v_j)

c_ij: listeners of both artists, c_i: its sum over j, k: noise artists for each pair, p_j: their probability.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit
from threadpoolctl import threadpool_limits

from processors.recommendations.interactions import Scores

DIMENSIONS = 64
NEGATIVES = 5
NOISE_EXPONENT = -0.5
STEPS = 150
LEARNING_RATE = 0.05
"""Negatives and steps were chosen on a fifth of the training plays; docs/models/recommendations.md has the figures."""

_ROWS = 512
"""Artists whose pairs are computed at a time."""


class SongVectorsArm:
    """Sum of the dot products of the liked artists' vectors with an artist's context vector.

    Attributes:
        vectors, contexts: (m, dimensions) float32; zeros for artists whom nobody plays with another one.
    """

    def __init__(self, vectors: NDArray[np.float32], contexts: NDArray[np.float32]) -> None:
        self.vectors = vectors
        self.contexts = contexts

    @classmethod
    def fit(
        cls,
        plays: sp.csr_matrix,
        *,
        dimensions: int = DIMENSIONS,
        negatives: int = NEGATIVES,
        noise_exponent: float = NOISE_EXPONENT,
        steps: int = STEPS,
        seed: int = 0,
    ) -> SongVectorsArm:
        """Fit the vectors by Adam on all pairs.

        Args:
            plays: (n, m).
            dimensions: of a vector.
            negatives: noise artists for each pair.
            noise_exponent: power of the number of listeners, to which the probability of noise is proportional.
            steps: passes over all pairs.
            seed: of the first vectors.
        """
        pairs = sp.csr_matrix(plays.T @ plays, dtype=np.float32)
        pairs.setdiag(0)
        pairs.eliminate_zeros()
        listeners = np.asarray(plays.sum(axis=0), np.float32).ravel()
        noise = np.where(listeners > 0, np.maximum(listeners, 1) ** noise_exponent, 0)
        objective = PairObjective(pairs, (negatives * noise / noise.sum()).astype(np.float32))
        rng = np.random.default_rng(seed)
        vectors = [rng.normal(0, 0.1, (plays.shape[1], dimensions)).astype(np.float32) for _ in range(2)]
        with threadpool_limits(1, "blas"):
            _ascend(objective, vectors, steps)
        is_played = (objective.of_artist > 0)[:, None]
        found, contexts = (np.where(is_played, one, np.float32(0)) for one in vectors)
        return cls(found, contexts)

    def scores(self, liked: sp.csr_matrix) -> Scores:
        """Return the sum over the liked artists."""
        return np.asarray((liked @ self.vectors) @ self.contexts.T, np.float32)


class PairObjective:
    """The objective of all pairs.

    Args:
        pairs: (m, m) listeners of both artists.
        noise: (m,) noise artists for each pair, times the probability of each artist to be drawn.
    """

    def __init__(self, pairs: sp.csr_matrix, noise: NDArray[np.float32]) -> None:
        self.of_artist = np.asarray(pairs.sum(axis=1), np.float32).ravel()
        self._pairs = pairs
        self._noise = noise

    def gradients(self, vectors: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Return the gradients by the vectors of artists and by those of their contexts."""
        inner, outer = vectors
        found = [np.zeros_like(inner), np.zeros_like(outer)]
        for begin in range(0, len(inner), _ROWS):
            rows = slice(begin, begin + _ROWS)
            chance = expit(inner[rows] @ outer.T)
            counts = self._pairs[rows].toarray()
            slope = counts - chance * (counts + self.of_artist[rows, None] * self._noise)
            found[0][rows] = slope @ outer
            found[1] += slope.T @ inner[rows]
        return found


def _ascend(objective: PairObjective, vectors: list[NDArray[np.float32]], steps: int) -> None:
    """Adam (Kingma and Ba, 2015), with a learning rate that falls to zero."""
    means = [np.zeros_like(one) for one in vectors]
    squares = [np.zeros_like(one) for one in vectors]
    for step in range(1, steps + 1):
        rate = LEARNING_RATE * (1 - (step - 1) / steps)
        for index, slope in enumerate(objective.gradients(vectors)):
            means[index] += 0.1 * (slope - means[index])
            squares[index] += 0.001 * (slope * slope - squares[index])
            deviation = np.sqrt(squares[index] / (1 - 0.999**step)) + 1e-8
            vectors[index] += rate * (means[index] / (1 - 0.9**step)) / deviation
