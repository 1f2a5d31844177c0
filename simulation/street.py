"""Rendered sequences of known truth: people at given places on the ground before the demo's camera on a mast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.frame_result import CameraFrame
from simulation.backdrops import backdrop, grain
from simulation.people import figure, level_of

Places = NDArray[np.float64]
Scenario = Callable[[float], Places]

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
FOCAL, MAST, HORIZON, PERSON = 900.0, 6.0, -110.0, 1.70
NEAR, FAR = 7.05, 18.0


def draw(ground: Places, number: int) -> NDArray[np.uint8]:
    """People at (n, 2) metres to the right and away, (480, 640, 3) BGR, with the noise of a sensor."""
    picture = backdrop(3, "gate").copy()
    for index in np.argsort(-ground[:, 1], kind="stable"):
        right, away = ground[index]
        if not NEAR - 1 <= away <= FAR + 4:
            continue
        person = figure(3, int(index) * 7 % 997, level_of(FOCAL * PERSON / away), lifted=False)
        person.paste(picture, 320 + FOCAL * right / away, HORIZON + FOCAL * MAST / away)
    noise = grain(3, strength=3)
    row, column = number * 37 % 200, number * 53 % 200
    soft = cv2.GaussianBlur(picture, (3, 3), 0.7)
    return np.asarray(cv2.add(soft, noise[row : row + 480, column : column + 640], dtype=cv2.CV_8U), np.uint8)


def film(scenario: Scenario, seconds: float, camera: str = "gate-east") -> Iterator[CameraFrame]:
    """Eight frames a second of a scenario."""
    for number in range(round(8 * seconds)):
        jpeg = cv2.imencode(".jpg", draw(scenario(number / 8), number), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        yield CameraFrame(f"{camera}/{number}", camera, AT + timedelta(seconds=number / 8), jpeg)


def standing(people: int, seed: int = 0) -> Places:
    """Places in what the camera sees, at least half a metre apart where there is room."""
    random = np.random.default_rng(seed)
    found: list[NDArray[np.float64]] = []
    for _ in range(people):
        tries = np.column_stack([random.uniform(-1, 1, 8), random.uniform(NEAR + 0.5, FAR - 0.5, 8)])
        tries[:, 0] *= tries[:, 1] * 0.33
        gaps = np.asarray([min((np.hypot(*(one - other)) for other in found), default=9.0) for one in tries])
        found.append(tries[int(np.argmax(gaps))])
    return np.asarray(found)


def swaying(people: int, seed: int = 0) -> Scenario:
    """They stand and sway by some centimetres."""
    home, random = standing(people, seed), np.random.default_rng(seed + 1)
    phase, pace = random.uniform(0, 6.28, (people, 2)), random.uniform(0.1, 0.3, (people, 2))
    return lambda time: home + 0.05 * np.sin(6.28 * pace * time + phase)


def streaming(people: int, velocity: tuple[float, float], *, begin: float = 0.0, seed: int = 0) -> Scenario:
    """From `begin` on all move with `velocity` (to the right, away); who leaves the ground comes again behind."""
    home, still = standing(people, seed), swaying(people, seed)
    random = np.random.default_rng(seed + 2)
    own = random.normal(1, 0.1, (people, 1))

    def at(time: float) -> Places:
        moved = max(0.0, time - begin) * np.asarray(velocity) * own
        ground = still(min(time, begin)) + moved
        ground[:, 1] = (ground[:, 1] - NEAR) % (FAR - NEAR) + NEAR
        edge = 0.34 * ground[:, 1]
        side = home[:, 0] / home[:, 1] * ground[:, 1] + moved[:, 0]
        ground[:, 0] = (side + edge) % (2 * edge) - edge
        return ground

    return at


def scattering(
    people: int, speed: float, *, begin: float, centre: tuple[float, float] = (0.0, 11.5), seed: int = 0
) -> Scenario:
    """From `begin` on all run away from a point; it takes them a second to reach their speed."""
    still, home = swaying(people, seed), standing(people, seed)
    apart = home - np.asarray(centre)
    way = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 0.1)

    def at(time: float) -> Places:
        gone = max(0.0, time - begin)
        run = speed * (gone - 0.5 if gone > 1 else gone**2 / 2)
        return np.asarray(still(min(time, begin)) + run * way)

    return at


def both_ways(people: int, speed: float, share: float, seed: int = 4) -> Scenario:
    """A share walks away and the others come, each on a side of their own."""
    there = round(people * share)
    one = streaming(there, (0.0, speed), seed=seed)
    other = streaming(people - there, (0.0, -speed), seed=seed + 1)

    def at(time: float) -> Places:
        away, near = one(time), other(time)
        away[:, 0] = -np.abs(away[:, 0])
        near[:, 0] = np.abs(near[:, 0])
        return np.vstack([away, near])

    return at


def before_an_exit(people: int, speed: float) -> Scenario:
    """All press towards the far end, close together, and hardly move."""
    random = np.random.default_rng(8)
    home = np.column_stack([random.uniform(-2.6, 2.6, people), random.uniform(13.2, 17.6, people)])
    sway = swaying(people, 9)
    still = standing(people, 9)

    def at(time: float) -> Places:
        ground = home + (sway(time) - still)
        ground[:, 1] = (ground[:, 1] + speed * time - 13.2) % 4.4 + 13.2
        return ground

    return at


def in_waves(people: int, speed: float, period: float, seed: int = 6) -> Scenario:
    """All go and stop and go, towards the camera."""
    home = standing(people, seed)

    def at(time: float) -> Places:
        gone = speed * (time - period / 6.28 * np.sin(6.28 * time / period))
        ground = home.copy()
        ground[:, 1] = (ground[:, 1] - gone - NEAR) % (FAR - NEAR) + NEAR
        ground[:, 0] = home[:, 0] / home[:, 1] * ground[:, 1]
        return ground

    return at
