"""Rendered crowd sequences with known ground truth: people at given ground positions in front of a mast camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.frame_result import CameraFrame
from schemas.ids import CameraId, EventId
from simulation.crowd_images import FARTHEST_M, NEAREST_M, project
from simulation.evening import GATE_EAST, GATE_ZONE
from simulation.person_figures import scaled_figure, size_level
from simulation.scene_backgrounds import HEIGHT, WIDTH, scene_background, sensor_noise

Positions = NDArray[np.float64]
Scenario = Callable[[float], Positions]

START_TIME = datetime(2026, 7, 4, 20, tzinfo=UTC)


def render_image(ground: Positions, number: int) -> NDArray[np.uint8]:
    """Render people at positions [n, 2] in metres to the right and away, as uint8 [480, 640, 3] BGR with noise."""
    picture = scene_background(3, GATE_ZONE).copy()
    for index in np.argsort(-ground[:, 1], kind="stable"):
        right, away = ground[index]
        if not NEAREST_M - 1 <= away <= FARTHEST_M + 4:
            continue
        column, row, height = project(right, away)
        scaled_figure(3, int(index) * 7 % 997, size_level(height), lifted=False).paste(picture, column, row)
    noise = sensor_noise(3, strength=3)
    top, left = number * 37 % 200, number * 53 % 200
    soft = cv2.GaussianBlur(picture, (3, 3), 0.7)
    return np.asarray(cv2.add(soft, noise[top : top + HEIGHT, left : left + WIDTH], dtype=cv2.CV_8U), np.uint8)


def render_frames(scenario: Scenario, seconds: float, camera: CameraId = GATE_EAST) -> Iterator[CameraFrame]:
    """Render a scenario at eight frames per second."""
    for number in range(round(8 * seconds)):
        jpeg = cv2.imencode(".jpg", render_image(scenario(number / 8), number), [cv2.IMWRITE_JPEG_QUALITY, 85])[
            1
        ].tobytes()
        yield CameraFrame(EventId(f"{camera}/{number}"), camera, START_TIME + timedelta(seconds=number / 8), jpeg)


def standing_positions(people: int, seed: int = 0) -> Positions:
    """Return positions in view of the camera, far apart where there is room (best of eight candidates)."""
    random = np.random.default_rng(seed)
    found: list[NDArray[np.float64]] = []
    for _ in range(people):
        tries = np.column_stack([random.uniform(-1, 1, 8), random.uniform(NEAREST_M + 0.5, FARTHEST_M - 0.5, 8)])
        tries[:, 0] *= tries[:, 1] * 0.33
        gaps = np.asarray([min((np.hypot(*(place - other)) for other in found), default=9.0) for place in tries])
        found.append(tries[int(np.argmax(gaps))])
    return np.asarray(found)


def swaying(people: int, seed: int = 0) -> Scenario:
    """Return a standing crowd that sways by a few centimetres."""
    home, random = standing_positions(people, seed), np.random.default_rng(seed + 1)
    phase, hertz = random.uniform(0, 6.28, (people, 2)), random.uniform(0.1, 0.3, (people, 2))
    return lambda time: home + 0.05 * np.sin(6.28 * hertz * time + phase)


def uniform_flow(people: int, velocity: tuple[float, float], *, begin: float = 0.0, seed: int = 0) -> Scenario:
    """Return a crowd that moves with `velocity` (m/s to the right, away) from `begin` on, with periodic borders."""
    home, still = standing_positions(people, seed), swaying(people, seed)
    random = np.random.default_rng(seed + 2)
    own = random.normal(1, 0.1, (people, 1))

    def at(time: float) -> Positions:
        moved = max(0.0, time - begin) * np.asarray(velocity) * own
        ground = still(min(time, begin)) + moved
        ground[:, 1] = (ground[:, 1] - NEAREST_M) % (FARTHEST_M - NEAREST_M) + NEAREST_M
        edge = 0.34 * ground[:, 1]
        side = home[:, 0] / home[:, 1] * ground[:, 1] + moved[:, 0]
        ground[:, 0] = (side + edge) % (2 * edge) - edge
        return ground

    return at


def dispersal(
    people: int, speed: float, *, begin: float, centre: tuple[float, float] = (0.0, 11.5), seed: int = 0
) -> Scenario:
    """Return a crowd that runs away from a point from `begin` on and reaches its speed within a second."""
    still, home = swaying(people, seed), standing_positions(people, seed)
    apart = home - np.asarray(centre)
    way = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 0.1)

    def at(time: float) -> Positions:
        gone = max(0.0, time - begin)
        run = speed * (gone - 0.5 if gone > 1 else gone**2 / 2)
        return np.asarray(still(min(time, begin)) + run * way)

    return at


def bidirectional_flow(people: int, speed: float, share: float, seed: int = 4) -> Scenario:
    """Return a crowd of which a share walks away and the others come, on separate sides."""
    there = round(people * share)
    outbound = uniform_flow(there, (0.0, speed), seed=seed)
    inbound = uniform_flow(people - there, (0.0, -speed), seed=seed + 1)

    def at(time: float) -> Positions:
        away, near = outbound(time), inbound(time)
        away[:, 0] = -np.abs(away[:, 0])
        near[:, 0] = np.abs(near[:, 0])
        return np.vstack([away, near])

    return at


def queue_at_exit(people: int, speed: float) -> Scenario:
    """Return a dense crowd that presses towards an exit at the far end."""
    random = np.random.default_rng(8)
    home = np.column_stack([random.uniform(-2.6, 2.6, people), random.uniform(13.2, 17.6, people)])
    sway = swaying(people, 9)
    still = standing_positions(people, 9)

    def at(time: float) -> Positions:
        ground = home + (sway(time) - still)
        ground[:, 1] = (ground[:, 1] + speed * time - 13.2) % 4.4 + 13.2
        return ground

    return at


def stop_and_go_waves(people: int, speed: float, period: float, seed: int = 6) -> Scenario:
    """Return a crowd that walks towards the camera in stop-and-go waves."""
    home = standing_positions(people, seed)

    def at(time: float) -> Positions:
        gone = speed * (time - period / 6.28 * np.sin(6.28 * time / period))
        ground = home.copy()
        ground[:, 1] = (ground[:, 1] - gone - NEAREST_M) % (FARTHEST_M - NEAREST_M) + NEAREST_M
        ground[:, 0] = home[:, 0] / home[:, 1] * ground[:, 1]
        return ground

    return at
