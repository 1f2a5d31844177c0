"""Plays of listeners and artists, as a sparse binary matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""(listeners, artists) scores; higher is better, comparable within a row only."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Plays of n listeners and m artists.

    Attributes:
        matrix: (n, m) float32 CSR, 1 where a listener plays an artist.
        listeners: n ids.
        artists: m names or ids.
    """

    matrix: sp.csr_matrix
    listeners: tuple[str, ...]
    artists: tuple[str, ...]

    def restricted_to(self, kept: NDArray[np.bool_]) -> Interactions:
        """Return the plays of some artists only.

        Args:
            kept: (m,) True for artists that stay.
        """
        names = tuple(name for name, stays in zip(self.artists, kept, strict=True) if stays)
        return Interactions(self.matrix[:, np.flatnonzero(kept)].tocsr(), self.listeners, names)

    def split(self, share: float, seed: int) -> tuple[Interactions, Interactions]:
        """Return two parts with the same listeners and artists: each play is in one of them.

        Args:
            share: of plays in the second part, 0 to 1.
            seed: of the random choice.
        """
        plays = self.matrix.tocoo()
        held_out = np.random.default_rng(seed).random(plays.nnz) < share
        return self._part(plays, ~held_out), self._part(plays, held_out)

    def _part(self, plays: sp.coo_matrix, chosen: NDArray[np.bool_]) -> Interactions:
        rows, columns = plays.row[chosen], plays.col[chosen]
        return Interactions(binary(rows, columns, self.matrix.shape), self.listeners, self.artists)


def binary(rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a float32 CSR matrix with 1 at each (row, column); repeated ones count once."""
    matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.data[:] = 1
    return matrix
