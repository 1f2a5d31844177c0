"""Counting heads: a network draws a density map, whose sum over any region is the number of people in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import Picture, Polygon, fit, pad_to_multiple
from processors.models.inference import Model, ModelError, open_model

CELL = 8
"""pixels of the network's input to a side of a cell"""

MULTIPLE = 16
"""what the network's input must divide by"""


@dataclass(frozen=True, slots=True)
class DensityMap:
    """Heads by cell.

    Attributes:
        heads: (rows, columns) float32, heads in each cell, nowhere negative.
        rows_seen, columns_seen: size of the picture in cells, without the padding.
    """

    heads: NDArray[np.float32]
    rows_seen: float
    columns_seen: float

    @property
    def total(self) -> float:
        """Heads in the whole picture."""
        return float(self.heads.sum())

    def within(self, polygon: Polygon) -> float:
        """Heads in a polygon whose corners are shares of width and height; a cell on its edge counts by its share.

        >>> whole = DensityMap(np.ones((10, 20), np.float32), 10, 20)
        >>> round(whole.within([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
        100
        """
        corners = tuple((float(x) * self.columns_seen, float(y) * self.rows_seen) for x, y in polygon)
        rows, columns = self.heads.shape
        return float((self.heads * shares_of_cells(corners, rows, columns)).sum())


@lru_cache(maxsize=256)
def shares_of_cells(corners: tuple[tuple[float, float], ...], rows: int, columns: int) -> NDArray[np.float32]:
    """Share of each cell that lies in the polygon; corners in cells. Drawn eight times finer, then averaged."""
    fine = 8
    canvas = np.zeros((rows * fine, columns * fine), np.float32)
    points = np.floor(np.asarray(corners) * fine - 0.5).astype(np.int32)
    cv2.fillPoly(canvas, [points], (1.0,))
    shares: NDArray[np.float32] = canvas.reshape(rows, fine, columns, fine).mean(axis=(1, 3), dtype=np.float32)
    return shares


class CrowdCounter:
    """Counts heads in pictures of any size; safe to use from several threads.

    The network looks at the scales that the card names, and the maps are averaged: what is mistaken for heads at one
    scale seldom is at another.

    >>> counter = CrowdCounter.load()
    >>> counter.density(np.zeros((120, 160, 3), np.uint8)).heads.shape
    (15, 20)
    """

    def __init__(self, model: Model) -> None:
        """Raises ModelError if the card has no `longest_side` or no `scales`."""
        self.model = model
        try:
            self._longest_side = int(model.card.settings["longest_side"])
            self._scales = [float(scale) for scale in model.card.settings["scales"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{model.folder}: the card's settings must have longest_side, in pixels, and scales, such as [1.0, 0.7]"
            ) from error

    @classmethod
    def load(cls, *, threads: int = 1) -> CrowdCounter:
        """The shipped model, checked against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("crowd", threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results quote it."""
        return self.model.identity

    def density(self, picture: Picture) -> DensityMap:
        """Heads by cell.

        Args:
            picture: (height, width, 3) uint8 RGB; shrunk to the size of the training photographs where larger.
        """
        small = fit(picture, self._longest_side)
        height, width = small.shape[:2]
        first, *others = (self._heads(small, scale) for scale in self._scales)
        total = first.astype(np.float32)
        for heads in others:
            # Cells of another size: what they hold is spread over the cells of the first.
            spread = cv2.resize(heads, first.shape[::-1], interpolation=cv2.INTER_LINEAR)
            total += spread * (heads.sum() / max(float(spread.sum()), 1e-6))
        mean: NDArray[np.float32] = (total / len(self._scales)).astype(np.float32)
        return DensityMap(mean, height / CELL, width / CELL)

    def _heads(self, picture: Picture, scale: float) -> NDArray[np.float32]:
        """Heads by cell of a picture at one scale."""
        if scale != 1:
            size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        rows, columns = (-(-side // CELL) for side in picture.shape[:2])
        padded = pad_to_multiple(picture, MULTIPLE)
        # What the network sees in the padding is no one.
        heads: NDArray[np.float32] = self.model.session.run(["heads"], {"picture": padded[None]})[0][0, :rows, :columns]
        return heads

    def count(self, picture: Picture) -> float:
        """Heads in the whole picture."""
        return self.density(picture).total
