"""Mapping from picture to ground: homography through four points (Hartley and Zisserman, 2004, chapter 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from schemas.cameras import MIN_AREA_M2, CameraSettings
from schemas.errors import PulsoError

Points = NDArray[np.float64]


class GroundError(PulsoError, ValueError):
    """The four points of the venue file do not define a ground plane; the message says why and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundPlane:
    """Homography from the picture to the ground. Compared and hashed by identity, so that it can be a cache key.

    Attributes:
        matrix: (3, 3) float64, from shares of width and height to metres, homogeneous; its third row is positive
            on the near side of the horizon.
    """

    matrix: Points

    @classmethod
    def from_points(cls, picture: Sequence[tuple[float, float]], metres: Sequence[tuple[float, float]]) -> GroundPlane:
        """Return the homography that maps four points of the picture to four of the ground.

        Args:
            picture: shares of width and height.
            metres: to the right and away, from any origin.

        Raises:
            GroundError: three of the points lie on a line, in the picture or on the ground, or they are crossed.

        >>> ground = GroundPlane.from_points([(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 10), (20, 10), (20, 0), (0, 0)])
        >>> ground.to_metres(np.array([[0.5, 0.5]])).round(6).tolist()
        [[10.0, 5.0]]
        """
        for points, what in ((picture, "picture"), (metres, "ground")):
            size = float(np.ptp(np.asarray(points, float), axis=0).max())
            for a, b, c in combinations(points, 3):
                twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
                if abs(twice) <= 1e-3 * size**2:
                    raise GroundError(
                        f"{a}, {b} and {c} lie on one line of the {what}; use the corners of a quadrilateral"
                    )
        rows, values = [], []
        for (x, y), (right, away) in zip(picture, metres, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -right * x, -right * y], [0, 0, 0, x, y, 1, -away * x, -away * y]]
            values += [right, away]
        try:
            matrix = np.append(np.linalg.solve(np.asarray(rows, float), np.asarray(values, float)), 1.0).reshape(3, 3)
        except np.linalg.LinAlgError as error:
            raise GroundError("the four points do not fit a view of a plane; measure them again") from error
        depths = _homogeneous(np.asarray(picture, float)) @ matrix[2]
        if not (np.all(depths > 0) or np.all(depths < 0)):
            raise GroundError("the four points lie on both sides of the horizon; two of them may be swapped")
        return cls(matrix * np.sign(depths[0]))

    def below_horizon(self, points: Points) -> NDArray[np.bool_]:
        """Return which points (n, 2) of the picture lie below the horizon, (n,) bool."""
        return np.asarray(_homogeneous(points) @ self.matrix[2] > 1e-9)

    def to_metres(self, points: Points) -> Points:
        """Return points of the picture below the horizon, (n, 2) in shares, on the ground, (n, 2) in metres."""
        mapped = _homogeneous(points) @ self.matrix.T
        return np.asarray(mapped[:, :2] / mapped[:, 2:])

    def to_picture(self, metres: Points) -> Points:
        """Return points of the ground, (n, 2) in metres, in the picture, (n, 2) in shares."""
        mapped = _homogeneous(metres) @ np.linalg.inv(self.matrix).T
        return np.asarray(mapped[:, :2] / mapped[:, 2:])

    def jacobian(self, points: Points) -> Points:
        """Return the Jacobian at points (n, 2): (n, 2, 2), metres per share of width and height, [ground, picture]."""
        mapped = _homogeneous(points) @ self.matrix.T
        depth = mapped[:, 2, None, None]
        place = (mapped[:, :2] / mapped[:, 2:])[:, :, None]
        return np.asarray((self.matrix[None, :2, :2] - place * self.matrix[None, 2:, :2]) / depth)

    def area(self, polygon: Sequence[tuple[float, float]]) -> float:
        """Return the ground area of a polygon of the picture in square metres (shoelace formula).

        Raises:
            GroundError: the polygon reaches above the horizon.
        """
        corners = np.asarray(polygon, float)
        if not self.below_horizon(corners).all():
            raise GroundError("a view reaches above the horizon that the four points define; lower its upper edge")
        x, y = self.to_metres(corners).T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def ground_plane_of(camera: CameraSettings) -> GroundPlane | None:
    """Return the ground plane of a camera, or None where the venue file does not give it.

    Raises:
        GroundError: the points can't be used, or a view reaches above the horizon.
    """
    if camera.ground is None:
        return None
    ground = GroundPlane.from_points([p.picture for p in camera.ground], [p.metres for p in camera.ground])
    for view in camera.views:
        if ground.area(view.polygon) < MIN_AREA_M2:
            raise GroundError(
                f"the view of {view.zone} covers less than {MIN_AREA_M2:g} m² of the ground; check its corners and "
                "the metres"
            )
    return ground


def _homogeneous(points: Points) -> Points:
    return np.column_stack([points, np.ones(len(points))])
