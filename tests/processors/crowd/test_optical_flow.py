"""The flow between two pictures, when people run further than the next one stands away."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.crowd.optical_flow import QUICK_STEP, FlowPrior, MotionEstimator

HEIGHT, WIDTH, APART = 240, 320, 20
EVERYWHERE: NDArray[np.bool_] = np.zeros((15, 20), np.bool_)


def row_of_people(moved: float) -> NDArray[np.uint8]:
    """Blobs a fixed distance apart, hardly different from each other, on a floor that stays."""
    random = np.random.default_rng(3)
    floor = cv2.GaussianBlur(random.uniform(90, 110, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2)
    shades = random.uniform(180, 200, 40)
    for row in range(30, HEIGHT, 30):
        for number, shade in enumerate(shades):
            place = round(8 * (-200 + APART * number + moved))
            cv2.ellipse(floor, (place, row * 8), (40, 72), 0, 0, 360, float(shade), -1, cv2.LINE_AA, 3)
    return floor.astype(np.uint8)


def pixels_a_step(moved: list[float], prior: FlowPrior | None) -> float:
    """Mean over the picture of what was found between the last two of these places."""
    motion, found = MotionEstimator(), 0.0
    for before, now in pairwise(moved):
        velocity = motion.velocity(row_of_people(before), row_of_people(now), QUICK_STEP, EVERYWHERE, prior)
        found = float(np.median(velocity[2:-2, 3:-3, 0])) * QUICK_STEP * WIDTH
    return found


@pytest.fixture
def start() -> list[float]:
    """They get faster by some pixels a step, up to 14 pixels, where 20 is the next one's place."""
    return [0, 0, 2, 7, 15, 26, 39, 53, 67]


def test_runners_are_taken_for_others_when_nothing_is_known_of_them(start: list[float]) -> None:
    assert pixels_a_step(start, None) < 10


def test_who_ran_is_looked_for_where_a_runner_would_be(start: list[float]) -> None:
    assert pixels_a_step(start, FlowPrior()) == pytest.approx(14, abs=1.5)


def test_who_stands_again_is_seen_to_stand(start: list[float]) -> None:
    prior = FlowPrior()
    pixels_a_step(start, prior)
    assert pixels_a_step([67, 67], prior) == pytest.approx(0, abs=0.5)


def test_the_course_of_pictures_of_another_size_is_scaled() -> None:
    prior = FlowPrior()
    prior.update(np.full((HEIGHT, WIDTH, 2), (8, 6), np.float32), 0.125)
    begin = prior.initial_flow((HEIGHT // 2, WIDTH // 2), 0.25)
    assert begin is not None and begin.shape == (HEIGHT // 2, WIDTH // 2, 2)
    np.testing.assert_allclose(begin.mean((0, 1)), (8, 6), rtol=1e-5)
    prior.clear()
    assert prior.initial_flow((HEIGHT, WIDTH), 0.125) is None
