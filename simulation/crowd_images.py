"""Rendered camera images: people on a ground plane in perspective, lit by the time of day, moving slightly.

An image depends on the seed, the camera and the time only, so any process can render any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.ids import CameraId, ZoneId
from simulation.evening import FRONT_ZONE, GATE_ZONE, MAIN_STAGE, Evening
from simulation.person_figures import FIGURE_HEIGHTS, Image, scaled_figure, size_level
from simulation.rendered_fight import draw_fight
from simulation.scene_backgrounds import HEIGHT, WIDTH, light_factors, scene_background, sensor_noise
from simulation.timeline import SimulationError

MAX_PEOPLE = 620
"""Maximum number of people in a scene."""
FRAMES_PER_SECOND = 8
JPEG_QUALITY = 82

# A camera on a mast: focal length in pixels, height above the ground in metres, the row of the horizon (above the
# picture, since the camera looks down), and the nearest and farthest feet in metres. 98 m² of ground are seen.
_FOCAL_PIXELS, _CAMERA_HEIGHT_M, _HORIZON_ROW = 900.0, 6.0, -110.0
NEAREST_M, FARTHEST_M = 7.05, 18.0
_PERSON_HEIGHT_M = 1.70
_FIGHT_POSITION = (0.2, 9.6)

# Queue at a blocked exit at the far end: half its width and the distance of its head in metres; the spacing of people,
# which gives 4.7 persons/m² (Still: unstable from 3.5); and its speed in m/s through the gap that is left.
_QUEUE_SIDE, _QUEUE_HEAD = 4.3, 17.6
_QUEUE_STEP = 0.46
_QUEUE_SPEED, _FREE_SPEED = 0.14, 1.1

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrowdImage:
    """Rendered camera image with its ground truth.

    Attributes:
        image: uint8 [480, 640, 3], blue, green, red.
        heads: float64 [n, 2], x and y in pixels of the centre of each head, hidden or not; empty when the camera
            is covered.
    """

    image: Image
    heads: Positions

    def jpeg(self) -> bytes:
        """Encode the image as JPEG, about 90 KB.

        Raises:
            SimulationError: OpenCV failed.
        """
        done, data = cv2.imencode(".jpg", self.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise SimulationError("OpenCV could not encode an image as JPEG")
        return data.tobytes()


def render(evening: Evening, camera: CameraId, zone: ZoneId, time: float) -> CrowdImage:
    """Render one image.

    Args:
        camera: id that determines the people; `zone` determines the scenery and their number.
        time: seconds since the doors opened.
    """
    if evening.incident("blind", camera, time):
        return CrowdImage(_covered_lens_image(evening, time), np.empty((0, 2)))
    queuing = evening.queue_length(zone, time)
    persons = min(MAX_PEOPLE, evening.persons(zone, time)) - queuing
    picture = scene_background(evening.seed, zone).copy()
    crowd = _CameraCrowd(evening.seed, camera, zone)
    fight = evening.incident("fight", camera, time)
    ground = crowd.places(persons, time)
    if fight:
        ground = _keep_away_from_fight(ground)
    who = np.arange(len(ground))
    if queuing:
        blocked = evening.incident("blocked", zone, time) is not None
        slots, places = _queue_positions(evening.seed, queuing, time, _QUEUE_SPEED if blocked else _FREE_SPEED)
        ground, who = np.vstack([ground, places]), np.concatenate([who, MAX_PEOPLE - 1 - slots])
    lively = 0.0 if zone != FRONT_ZONE else _liveliness(evening, time)
    heads = crowd.paste(picture, ground, who, time, lively=lively)
    if fight:
        heads = np.vstack([heads, draw_fight(picture, evening.seed, time - fight.start, *project(*_FIGHT_POSITION))])
    return CrowdImage(_apply_light(picture, evening, zone, time), heads)


def render_burst(
    evening: Evening, camera: CameraId, zone: ZoneId, time: float, frames: int, every: int = 1
) -> list[tuple[float, bytes]]:
    """Render JPEG images from `time` on, one every `every` eighths of a second: pairs of time and bytes."""
    times = [time + every * step / FRAMES_PER_SECOND for step in range(frames)]
    return [(moment, render(evening, camera, zone, moment).jpeg()) for moment in times]


class _CameraCrowd:
    """People of one camera; each keeps position, appearance and rhythm for the whole evening."""

    def __init__(self, seed: int, camera: CameraId, zone: ZoneId) -> None:
        self._seed = seed
        self._zone = zone
        self._base = _base_positions(seed, camera, zone)
        random = np.random.default_rng([seed, *camera.encode()])
        self._figure_index = random.integers(0, 1_000, MAX_PEOPLE)
        self._height = random.normal(1.0, 0.045, MAX_PEOPLE).clip(0.88, 1.12)
        self._phase = random.uniform(0, 2 * np.pi, (MAX_PEOPLE, 2))
        self._sway_rate = random.uniform(0.10, 0.38, (MAX_PEOPLE, 2))
        self._walking_speed = random.uniform(0.25, 0.75, MAX_PEOPLE)

    def places(self, persons: int, time: float) -> Positions:
        """Return ground positions [persons, 2]: metres to the right of the centre, and away from the camera."""
        sway = np.sin(2 * np.pi * self._sway_rate[:persons] * time + self._phase[:persons])
        ground = self._base[:persons] + sway * (0.10, 0.08)
        if self._zone == GATE_ZONE:  # they walk towards the camera and on
            away = (ground[:, 1] - self._walking_speed[:persons] * time - NEAREST_M) % (
                FARTHEST_M - NEAREST_M
            ) + NEAREST_M
            ground = np.column_stack([ground[:, 0] * away / ground[:, 1], away])
        return ground

    def paste(
        self, picture: Image, ground: Positions, who: NDArray[np.int64], time: float, *, lively: float
    ) -> Positions:
        """Draw the people, the distant ones first, and return their heads in the order of `ground`.

        Args:
            who: index of the person at each position.
        """
        heads = np.empty((len(ground), 2))
        for index in np.argsort(-ground[:, 1], kind="stable"):
            person = who[index]
            x, y, height = project(float(ground[index, 0]), float(ground[index, 1]))
            height *= self._height[person]
            beat = np.sin(2 * np.pi * 2.0 * time + self._phase[person, 0])
            y -= 0.012 * height * lively * max(0.0, beat)
            arms = lively * 0.5 > (self._phase[person, 1] / np.pi + 0.06 * time) % 2.0 / 2.0
            looks = scaled_figure(self._seed, int(self._figure_index[person]), size_level(height), lifted=bool(arms))
            looks.paste(picture, x, y)
            heads[index] = x, y - 0.932 * FIGURE_HEIGHTS[size_level(height)]
        return heads


def _queue_positions(seed: int, people: int, time: float, speed: float) -> tuple[NDArray[np.int64], Positions]:
    """Return the people in a queue and their positions in metres [people, 2]; it advances, others join its tail."""
    slots = _queue_slots(seed)
    rows = (MAX_PEOPLE // _QUEUE_ROW) * _QUEUE_STEP
    to_exit = (slots[:, 1] - speed * time) % rows
    first = np.argsort(to_exit, kind="stable")[:people]
    ground = np.column_stack([slots[first, 0], _QUEUE_HEAD - to_exit[first]])
    edge = _half_width(ground[:, 1])
    ground[:, 0] = ground[:, 0].clip(-edge, edge)
    return first, ground


_QUEUE_ROW = round(2 * _QUEUE_SIDE / _QUEUE_STEP)


@lru_cache(maxsize=4)
def _queue_slots(seed: int) -> Positions:
    """Return places in a queue, metres to the right and behind the first row [n, 2], with some jitter."""
    random = np.random.default_rng([seed, 7])
    rows = MAX_PEOPLE // _QUEUE_ROW
    right, behind = np.meshgrid(np.linspace(-_QUEUE_SIDE, _QUEUE_SIDE, _QUEUE_ROW), _QUEUE_STEP * np.arange(rows))
    right = right + (np.arange(rows)[:, None] % 2 - 0.5) * _QUEUE_STEP / 2
    places = np.column_stack([right.ravel(), behind.ravel()])
    return np.asarray(places + random.uniform(-0.12, 0.12, places.shape))


@lru_cache(maxsize=16)
def _base_positions(seed: int, camera: CameraId, zone: ZoneId) -> Positions:
    """Return positions [MAX_PEOPLE, 2] by best-candidate sampling (Mitchell 1991).

    In front of a stage people stand close together at the far end; elsewhere in groups.
    """
    random = np.random.default_rng([seed, 1, *camera.encode()])
    places = np.empty((MAX_PEOPLE, 2))
    centres = _random_positions(random, 14)
    for index in range(MAX_PEOPLE):
        candidates = _random_positions(random, 12)
        if zone != FRONT_ZONE and index % 5 < 3:
            candidates = centres[random.integers(len(centres), size=12)] + random.normal(0, 0.75, (12, 2))
            candidates[:, 1] = candidates[:, 1].clip(NEAREST_M + 0.1, FARTHEST_M)
            edge = _half_width(candidates[:, 1])
            candidates[:, 0] = candidates[:, 0].clip(-edge, edge)
        if index == 0:
            places[0] = candidates[0]
            continue
        gaps = np.linalg.norm(candidates[:, None] - places[None, :index], axis=2).min(1)
        if zone == FRONT_ZONE:
            gaps *= 0.75 + 0.5 * (candidates[:, 1] - NEAREST_M) / (FARTHEST_M - NEAREST_M)
        places[index] = candidates[np.argmax(gaps)]
    return places


def _random_positions(random: np.random.Generator, number: int) -> Positions:
    """Return positions [number, 2] uniform over the visible ground."""
    away = np.sqrt(random.uniform((NEAREST_M + 0.1) ** 2, FARTHEST_M**2, number))
    return np.column_stack([random.uniform(-1, 1, number) * _half_width(away), away])


def _half_width(away: NDArray[np.float64]) -> NDArray[np.float64]:
    return away * (WIDTH / 2 - 16) / _FOCAL_PIXELS - 0.1


def project(right: float, away: float) -> tuple[float, float, float]:
    """Project a ground position: column and row of the feet, and the height of a person in pixels."""
    return (
        WIDTH / 2 + _FOCAL_PIXELS * right / away,
        _HORIZON_ROW + _FOCAL_PIXELS * _CAMERA_HEIGHT_M / away,
        _FOCAL_PIXELS * _PERSON_HEIGHT_M / away,
    )


def _keep_away_from_fight(ground: Positions) -> Positions:
    """Move everyone at least 2.2 m away from the fight."""
    apart = ground - np.asarray(_FIGHT_POSITION)
    distance = np.linalg.norm(apart, axis=1, keepdims=True).clip(0.05)
    pushed = ground + apart / distance * np.maximum(0.0, 2.2 - distance)
    edge = _half_width(pushed[:, 1].clip(NEAREST_M, FARTHEST_M))
    return np.column_stack([pushed[:, 0].clip(-edge, edge), pushed[:, 1].clip(NEAREST_M, FARTHEST_M)])


def _liveliness(evening: Evening, time: float) -> float:
    act = evening.act(MAIN_STAGE, time)
    return 0.0 if act is None else {"happy": 1.0, "angry": 0.9, "calm": 0.3, "sad": 0.2}[act.style]


def _apply_light(picture: Image, evening: Evening, zone: ZoneId, time: float) -> Image:
    """Apply daylight or lamps and spotlights, lens blur, and the sensor noise."""
    daylight = evening.daylight(time)
    light = light_factors(evening.seed, zone, daylight, time, on_stage=evening.act(MAIN_STAGE, time) is not None)
    lit = cv2.multiply(picture, cv2.resize(light, (WIDTH, HEIGHT)), dtype=cv2.CV_8U)
    lit = cv2.GaussianBlur(lit, (3, 3), 0.7)
    noise = sensor_noise(evening.seed, strength=3 if daylight > 0.4 else 7)
    row, column = int(time * 977) % 200, int(time * 613) % 200
    tile = noise[row : row + HEIGHT, column : column + WIDTH]
    return np.asarray(cv2.add(lit, tile, dtype=cv2.CV_8U), np.uint8)


def _covered_lens_image(evening: Evening, time: float) -> Image:
    """Return the image of a lens under a cloth: nearly black, with some noise."""
    row = int(time * 977) % 200
    tile = sensor_noise(evening.seed, strength=3)[row : row + HEIGHT, :WIDTH]
    cloth = np.full((HEIGHT, WIDTH, 3), 4, np.uint8)
    return np.asarray(cv2.add(cloth, tile, dtype=cv2.CV_8U), np.uint8)
