"""Ground plane: homography, areas and speeds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.crowd.ground_plane import GroundError, GroundPlane
from processors.crowd.view_geometry import view_geometry

MAST = GroundPlane.from_points(
    [(0.2656, 0.2307), (0.7344, 0.2307), (0.9441, 0.8601), (0.0559, 0.8601)],
    [(-3, 18), (3, 18), (2.4, 7.6), (-2.4, 7.6)],
)
"""Camera on a mast of 6 m: focal length 900 pixels, pictures of 640 × 480, points at the height of heads."""

share = st.floats(0.05, 0.95)


@given(x=share, y=st.floats(0.25, 0.95))
def test_homography_and_inverse_agree(x: float, y: float) -> None:
    assert np.allclose(MAST.to_picture(MAST.to_metres(np.array([[x, y]]))), [[x, y]], atol=1e-6)


def test_ground_points_match_camera_model() -> None:
    # A head at 12 m, 2 m to the right: column 320 + 900·2/12, row −110 + 900·4.415/12.
    place = MAST.to_metres(np.array([[(320 + 150) / 640, (-110 + 331.125) / 480]]))
    assert np.allclose(place, [[2, 12]], atol=0.02)


def test_area_of_trapezoid() -> None:
    assert MAST.area([(0, 0.22), (1, 0.22), (1, 1), (0, 1)]) == pytest.approx(104.7, rel=0.01)


def test_cell_areas_sum_to_polygon_area() -> None:
    scene = view_geometry([(0, 0.22), (1, 0.22), (1, 1), (0, 1)], (60, 80), MAST)
    assert scene.cell_area is not None and scene.raster is not None
    assert float((scene.cell_area * scene.covered).sum()) == pytest.approx(104.7, rel=0.03)
    assert float(scene.raster.inside.sum()) * scene.raster.metres**2 == pytest.approx(104.7, rel=0.05)


def test_jacobian_gives_walking_speed_in_metres() -> None:
    before, after = MAST.to_picture(np.array([[1.0, 10.0], [1.0, 9.9]]))
    speed = MAST.jacobian(before[None])[0] @ (after - before)
    assert np.allclose(speed, [0, -0.1], atol=0.003)


def test_invalid_ground_points_are_rejected() -> None:
    metres = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    with pytest.raises(GroundError, match="one line of the picture"):
        GroundPlane.from_points([(0, 0), (0.5, 0.5), (1, 1), (0, 1)], metres)
    with pytest.raises(GroundError, match="both sides of the horizon"):
        GroundPlane.from_points([(0, 0), (1, 1), (1, 0), (0, 1)], metres)
    with pytest.raises(GroundError, match="above the horizon"):
        MAST.area([(0, 0), (1, -0.4), (1, 1), (0, 1)])
