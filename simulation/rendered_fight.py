"""Rendered fight: two figures that push, grab and swing at each other, faster and less regular than the crowd."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.person_figures import Image, PersonFigure, Pose, draw_person


def draw_fight(picture: Image, seed: int, time: float, x: float, y: float, height: float) -> NDArray[np.float64]:
    """Draw both figures `time` seconds into the fight, around the point x, y of the image.

    Returns:
        float64 [2, 2], the centre of each head in pixels.
    """
    heads = np.empty((2, 2))
    swing = _motion_noise(seed, time)
    for index, side in enumerate((-1, 1)):
        random = np.random.default_rng([seed, 5, index])  # the same clothes in every image
        own = swing[index]
        pose = Pose(
            left=70 + 75 * own[0], right=70 + 75 * own[1], left_bend=60 * own[2], right_bend=60 * own[3],
            lean=-side * 9 + 10 * own[4],
        )  # fmt: skip
        person = PersonFigure.scaled(draw_person(random, pose, seen_from_behind=index == 0), height)
        feet = x + side * height * (0.11 + 0.05 * own[5]) + height * 0.16 * swing[2][0]
        ground = y + height * 0.03 * own[6] + height * 0.04 * swing[2][1]
        person.paste(picture, feet, ground)
        lean = np.radians(pose.lean)
        heads[index] = feet + np.sin(lean) * 0.93 * height, ground - np.cos(lean) * 0.93 * height
    return heads


def _motion_noise(seed: int, time: float) -> NDArray[np.float64]:
    """Return [3, 7] smooth noise of about -1 to 1 that changes within a quarter of a second."""
    random = np.random.default_rng([seed, 6])
    hertz = random.uniform(1.4, 3.6, (3, 7, 3))
    phase = random.uniform(0, 2 * np.pi, (3, 7, 3))
    return np.asarray(np.sin(2 * np.pi * hertz * time + phase).sum(2) / 1.8)
