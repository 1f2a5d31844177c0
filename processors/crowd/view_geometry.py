"""Geometry of a camera's view of a zone: covered cells, their area, and a raster of points on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.crowd.density import shares_of_cells
from processors.crowd.ground_plane import GroundPlane, Points

MAX_RASTER_POINTS = 96
"""Points of the ground raster along its longer side."""

MIN_RASTER_STEP = 0.5
"""Metres between two points of the raster, at least: the width of a person."""

Floats = NDArray[np.float32]
Shape = tuple[int, int]


@dataclass(frozen=True, slots=True)
class GroundRaster:
    """Raster of points on the ground that covers a zone, seen from above.

    Attributes:
        metres: distance between two points.
        columns_at: (height, width) float32, column of each point in the density map.
        rows_at: (height, width) float32, row of each point in the density map.
        inside: (height, width) float32, share of each point's square that lies in the zone.
        points: (height, width, 2) float32, metres.
    """

    metres: float
    columns_at: Floats
    rows_at: Floats
    inside: Floats
    points: Floats

    def at_points(self, cells: Floats) -> Floats:
        """Return values of cells, (rows, columns) or (rows, columns, n), interpolated at the points of the raster."""
        return np.asarray(
            cv2.remap(cells, self.columns_at, self.rows_at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            np.float32,
        )


@dataclass(frozen=True, slots=True)
class ViewGeometry:
    """Geometry of a view, for density maps of one shape.

    Attributes:
        covered: (rows, columns) float32, share of each cell that lies in the view's polygon.
        edge: (rows, columns, 2) float32, gradient of the polygon's smoothed mask, per share of width and height; its
            dot product with a velocity is the rate at which a person enters the zone.
        metres: (rows, columns, 2, 2) float32, metres per share of width and height; None without ground.
        cell_area: (rows, columns) float32, m² of each cell; None without ground.
        raster: ground raster of the zone; None without ground.
    """

    covered: Floats
    edge: Floats
    metres: Floats | None = None
    cell_area: Floats | None = None
    raster: GroundRaster | None = None


def view_geometry(polygon: Sequence[tuple[float, float]], shape: Shape, ground: GroundPlane | None) -> ViewGeometry:
    """Return the geometry of a polygon of the picture.

    Args:
        polygon: corners in shares of width and height.
        shape: rows and columns of the density maps; the cells fill the picture.
        ground: None without ground points.
    """
    rows, columns = shape
    covered = shares_of_cells(tuple((x * columns, y * rows) for x, y in polygon), rows, columns)
    edge = smoothed_gradient(covered)
    if ground is None:
        return ViewGeometry(covered, edge)
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    middles = np.column_stack([x.ravel(), y.ravel()])
    visible = ground.below_horizon(middles)
    metres = np.zeros((rows * columns, 2, 2))
    metres[visible] = ground.jacobian(middles[visible])
    area = np.abs(np.linalg.det(metres)) / (rows * columns)
    return ViewGeometry(
        covered,
        edge,
        metres.reshape(rows, columns, 2, 2).astype(np.float32),
        area.reshape(shape).astype(np.float32),
        _raster(polygon, shape, ground),
    )


def smoothed_gradient(mask: Floats) -> Floats:
    """Return the gradient of a mask (rows, columns), smoothed over about two cells, per share of width and height."""
    rows, columns = mask.shape
    around = cv2.copyMakeBorder(mask, 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=0)
    soft = cv2.GaussianBlur(around, (0, 0), 2.0)
    down, right = np.gradient(soft)
    inner = (slice(8, -8), slice(8, -8))
    return np.stack([right[inner] * columns, down[inner] * rows], axis=-1).astype(np.float32)


def _raster(polygon: Sequence[tuple[float, float]], shape: Shape, ground: GroundPlane) -> GroundRaster:
    corners = ground.to_metres(np.asarray(polygon, float))
    low, high = corners.min(0), corners.max(0)
    step = max(MIN_RASTER_STEP, float((high - low).max()) / MAX_RASTER_POINTS)
    size = np.maximum(1, np.ceil((high - low) / step)).astype(int)
    right, away = np.meshgrid(low[0] + (np.arange(size[0]) + 0.5) * step, low[1] + (np.arange(size[1]) + 0.5) * step)
    points: Points = np.column_stack([right.ravel(), away.ravel()])
    shares = ground.to_picture(points).reshape(size[1], size[0], 2)
    inside = shares_of_cells(tuple(map(tuple, (corners - low) / step)), int(size[1]), int(size[0]))
    return GroundRaster(
        step,
        (shares[:, :, 0] * shape[1] - 0.5).astype(np.float32),
        (shares[:, :, 1] * shape[0] - 0.5).astype(np.float32),
        inside,
        points.reshape(size[1], size[0], 2).astype(np.float32),
    )
