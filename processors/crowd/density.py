"""Crowd counting by density map: a network predicts heads per cell, and the sum over a region is its count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import Picture, Polygon, fit, pad_to_multiple
from processors.models.inference import Model, ModelError, open_model

CELL = 8
"""Side of a cell in pixels of the network's input."""

INPUT_MULTIPLE = 16
"""Both sides of the network's input in pixels are multiples of this."""


@dataclass(frozen=True, slots=True)
class DensityMap:
    """Heads in each cell of a picture.

    Attributes:
        heads: (rows, columns) float32, heads in each cell, at least 0.
        rows_seen: height of the picture in cells, without padding; may be fractional.
        columns_seen: width of the picture in cells, without padding; may be fractional.
    """

    heads: NDArray[np.float32]
    rows_seen: float
    columns_seen: float

    @property
    def total(self) -> float:
        """Number of heads in the whole picture."""
        return float(self.heads.sum())

    def within(self, polygon: Polygon) -> float:
        """Return the heads in a polygon; a cell on its edge counts by the share inside.

        Args:
            polygon: corners in shares of width and height.

        >>> whole = DensityMap(np.ones((10, 20), np.float32), 10, 20)
        >>> round(whole.within([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
        100
        """
        corners = tuple((float(x) * self.columns_seen, float(y) * self.rows_seen) for x, y in polygon)
        rows, columns = self.heads.shape
        return float((self.heads * shares_of_cells(corners, rows, columns)).sum())


@lru_cache(maxsize=256)
def shares_of_cells(corners: tuple[tuple[float, float], ...], rows: int, columns: int) -> NDArray[np.float32]:
    """Return the share of each cell that lies in a polygon, (rows, columns) float32.

    Args:
        corners: of the polygon, x and y in cells.
        rows: of the density map.
        columns: of the density map.
    """
    fine = 8  # the polygon is drawn at eight times the resolution and averaged
    canvas = np.zeros((rows * fine, columns * fine), np.float32)
    points = np.floor(np.asarray(corners) * fine - 0.5).astype(np.int32)
    cv2.fillPoly(canvas, [points], (1.0,))
    shares: NDArray[np.float32] = canvas.reshape(rows, fine, columns, fine).mean(axis=(1, 3), dtype=np.float32)
    return shares


class CrowdCounter:
    """Counts heads in pictures of any size. Safe to use from several threads.

    The network runs at the scales that its model card gives, and the density maps are averaged (multi-scale test-time
    augmentation): false detections at one scale seldom occur at another.

    >>> counter = CrowdCounter.load()
    >>> counter.density(np.zeros((120, 160, 3), np.uint8)).heads.shape
    (15, 20)
    """

    def __init__(self, model: Model) -> None:
        """Wrap an open model.

        Raises:
            ModelError: the model card has no `longest_side` or no `scales`.
        """
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
        """Load the shipped model after checking it against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("crowd", threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results give it."""
        return self.model.identity

    def density(self, picture: Picture) -> DensityMap:
        """Return the density map of a picture.

        Args:
            picture: (height, width, 3) uint8 RGB; reduced to the size of the training photographs where larger.
        """
        small = fit(picture, self._longest_side)
        height, width = small.shape[:2]
        first, *others = (self._heads(small, scale) for scale in self._scales)
        total = first.astype(np.float32)
        for heads in others:
            # Cells of another size: resampled to the first map, keeping the sum.
            resampled = cv2.resize(heads, first.shape[::-1], interpolation=cv2.INTER_LINEAR)
            total += resampled * (heads.sum() / max(float(resampled.sum()), 1e-6))
        mean: NDArray[np.float32] = (total / len(self._scales)).astype(np.float32)
        return DensityMap(mean, height / CELL, width / CELL)

    def _heads(self, picture: Picture, scale: float) -> NDArray[np.float32]:
        """Return the heads in each cell of a picture at one scale, (rows, columns) float32."""
        if scale != 1:
            size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        rows, columns = (-(-side // CELL) for side in picture.shape[:2])
        padded = pad_to_multiple(picture, INPUT_MULTIPLE)
        # Heads predicted in the padding are cut off.
        heads: NDArray[np.float32] = self.model.session.run(["heads"], {"picture": padded[None]})[0][0, :rows, :columns]
        return heads

    def count(self, picture: Picture) -> float:
        """Return the number of heads in the whole picture."""
        return self.density(picture).total
