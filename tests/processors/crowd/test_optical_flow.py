"""Optical flow of runners who move further between two pictures than the distance to the next one."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.crowd.optical_flow import (
    MIN_LONG_SIDE,
    MIN_SHORT_SIDE,
    QUICK_STEP,
    FlowPrior,
    MotionEstimator,
    RecentPictures,
)

HEIGHT, WIDTH, SPACING = 240, 320, 20
NO_MASK: NDArray[np.bool_] = np.zeros((15, 20), np.bool_)


def picture_of_people(positions: float) -> NDArray[np.uint8]:
    """Return a picture of similar blobs at equal distances on a fixed floor."""
    random = np.random.default_rng(3)
    floor = cv2.GaussianBlur(random.uniform(90, 110, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2)
    shades = random.uniform(180, 200, 40)
    for row in range(30, HEIGHT, 30):
        for number, shade in enumerate(shades):
            column = round(8 * (-200 + SPACING * number + positions))
            cv2.ellipse(floor, (column, row * 8), (40, 72), 0, 0, 360, float(shade), -1, cv2.LINE_AA, 3)
    return floor.astype(np.uint8)


def pixels_per_step(positions: list[float], prior: FlowPrior | None) -> float:
    """Return the mean velocity between the last two of these places."""
    motion, velocity_pixels = MotionEstimator(), 0.0
    for before, now in pairwise(positions):
        velocity = motion.velocity(picture_of_people(before), picture_of_people(now), QUICK_STEP, NO_MASK, prior)
        velocity_pixels = float(np.median(velocity[2:-2, 3:-3, 0])) * QUICK_STEP * WIDTH
    return velocity_pixels


@pytest.fixture
def start() -> list[float]:
    """Return places of blobs that accelerate up to 14 pixels per step; the next blob is 20 pixels away."""
    return [0, 0, 2, 7, 15, 26, 39, 53, 67]


def test_flow_without_prior_mismatches_runners(start: list[float]) -> None:
    assert pixels_per_step(start, None) < 10


def test_flow_with_prior_measures_runners(start: list[float]) -> None:
    assert pixels_per_step(start, FlowPrior()) == pytest.approx(14, abs=1.5)


def test_flow_with_prior_measures_standing_after_run(start: list[float]) -> None:
    prior = FlowPrior()
    pixels_per_step(start, prior)
    assert pixels_per_step([67, 67], prior) == pytest.approx(0, abs=0.5)


def test_flow_prior_scales_to_other_picture_size() -> None:
    prior = FlowPrior()
    prior.update(np.full((HEIGHT, WIDTH, 2), (8, 6), np.float32), 0.125)
    begin = prior.initial_flow((HEIGHT // 2, WIDTH // 2), 0.25)
    assert begin is not None and begin.shape == (HEIGHT // 2, WIDTH // 2, 2)
    np.testing.assert_allclose(begin.mean((0, 1)), (8, 6), rtol=1e-5)
    prior.clear()
    assert prior.initial_flow((HEIGHT, WIDTH), 0.125) is None


def test_prior_is_finite_and_within_the_picture() -> None:
    """OpenCV ends the process at an initial flow of NaN."""
    prior = FlowPrior()
    prior.update(np.full((HEIGHT, WIDTH, 2), (30, -30), np.float32), 1e-6)
    begin = prior.initial_flow((HEIGHT, WIDTH), 0.6)
    assert begin is not None
    np.testing.assert_array_equal(begin[0, 0], (WIDTH, -HEIGHT))
    prior.update(np.full((HEIGHT, WIDTH, 2), np.nan, np.float32), 0.125)
    assert prior.initial_flow((HEIGHT, WIDTH), 0.125) is None


def test_motion_needs_pictures_of_a_size_and_a_distance() -> None:
    for height, width, seconds, found in (
        (HEIGHT, WIDTH, 0.25, True),
        (HEIGHT, WIDTH, 0.001, False),
        (MIN_SHORT_SIDE, MIN_LONG_SIDE, 0.25, True),
        (MIN_SHORT_SIDE - 1, WIDTH, 0.25, False),
        (MIN_LONG_SIDE - 1, MIN_LONG_SIDE - 1, 0.25, False),
    ):
        pictures, luma = RecentPictures(), np.zeros((height, width), np.uint8)
        pictures.add(10.0, luma)
        assert (pictures.before(10.0 + seconds, luma) is not None) is found
    with pytest.raises(ValueError, match="too small"):
        MotionEstimator().velocity(luma, luma, 0.25, NO_MASK)


def test_pictures_of_all_sizes_leave_the_estimator_as_it_is() -> None:
    random, motion, prior = np.random.default_rng(1), MotionEstimator(), FlowPrior()
    for _ in range(200):
        height, width = int(random.integers(MIN_SHORT_SIDE, 321)), int(random.integers(MIN_LONG_SIDE, 321))
        before, now = random.integers(0, 255, (2, height, width), dtype=np.uint8)
        motion.velocity(before, now, float(random.choice([0.02, 0.125, 0.6])), NO_MASK, prior)
    assert motion._flow.getFinestScale() == 1
