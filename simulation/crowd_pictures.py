"""Pictures of the demo's cameras: people on a ground in perspective, lit by the hour, moving a little.

A picture is a function of the seed, the camera and the time alone, so any process can render any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulation.backdrops import backdrop, grain, light_field
from simulation.evening import Evening
from simulation.people import LEVELS, Image, figure, level_of
from simulation.scuffle import scuffle

WIDTH, HEIGHT = 640, 480
MOST = 620
"""people that a scene has places for"""
FRAMES_PER_SECOND = 8
JPEG_QUALITY = 82

# A camera on a mast: focal length in pixels, height above the ground in metres, the row of the horizon (above the
# picture, since the camera looks down), and the nearest and farthest feet in metres. 98 m² of ground are seen.
_FOCAL, _MAST, _HORIZON = 900.0, 6.0, -110.0
_NEAR, _FAR = 7.05, 18.0
_PERSON = 1.70
_SCUFFLE_PLACE = (0.2, 9.6)

# Before a blocked exit at the far end: half the width of the queue and where its head is, in metres; how close people
# stand, which is 4.7 persons/m² (Still: unstable from 3.5); and how fast the queue creeps through the gap that is left.
_QUEUE_SIDE, _QUEUE_HEAD = 4.3, 17.6
_QUEUE_STEP = 0.46
_QUEUE_SPEED, _FREE_SPEED = 0.14, 1.1

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a camera sees.

    Attributes:
        image: uint8 [480, 640, 3], blue, green, red.
        heads: float64 [n, 2], x and y in pixels of the middle of each head, hidden or not; empty when the camera
            is covered.
    """

    image: Image
    heads: Positions

    def jpeg(self) -> bytes:
        """The picture as a camera sends it, about 90 KB."""
        done, data = cv2.imencode(".jpg", self.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise RuntimeError("OpenCV could not encode a picture as JPEG")
        return data.tobytes()


def render(evening: Evening, camera: str, zone: str, time: float) -> Picture:
    """Render one picture.

    Args:
        camera: its name chooses the scenery and the people; `zone` how many there are.
        time: seconds since the doors opened.
    """
    if evening.incident("blind", camera, time):
        return Picture(_covered(evening, time), np.empty((0, 2)))
    queue = evening.queue(zone, time)
    persons = min(MOST, evening.persons(zone, time)) - queue
    picture = backdrop(evening.seed, zone).copy()
    crowd = _Crowd(evening.seed, camera, zone)
    fight = evening.incident("scuffle", camera, time)
    ground = crowd.places(persons, time)
    if fight:
        ground = _stand_back(ground)
    who = np.arange(len(ground))
    if queue:
        blocked = evening.incident("blocked", zone, time) is not None
        slots, places = _queue(evening.seed, queue, time, _QUEUE_SPEED if blocked else _FREE_SPEED)
        ground, who = np.vstack([ground, places]), np.concatenate([who, MOST - 1 - slots])
    lively = 0.0 if zone != "front" else _liveliness(evening, time)
    heads = crowd.paste(picture, ground, who, time, lively=lively)
    if fight:
        heads = np.vstack([heads, scuffle(picture, evening.seed, time - fight.start, *_in_picture(*_SCUFFLE_PLACE))])
    return Picture(_lit(picture, evening, zone, time), heads)


def burst(
    evening: Evening, camera: str, zone: str, time: float, frames: int, every: int = 1
) -> list[tuple[float, bytes]]:
    """JPEG pictures from `time` on, each `every` eighths of a second: pairs of their time and the bytes."""
    times = [time + every * step / FRAMES_PER_SECOND for step in range(frames)]
    return [(moment, render(evening, camera, zone, moment).jpeg()) for moment in times]


class _Crowd:
    """The people of one camera: each keeps place, looks and rhythm for the whole evening."""

    def __init__(self, seed: int, camera: str, zone: str) -> None:
        self._seed = seed
        self._zone = zone
        self._home = _homes(seed, camera, zone)
        random = np.random.default_rng([seed, *camera.encode()])
        self._looks = random.integers(0, 1_000, MOST)
        self._height = random.normal(1.0, 0.045, MOST).clip(0.88, 1.12)
        self._phase = random.uniform(0, 2 * np.pi, (MOST, 2))
        self._pace = random.uniform(0.10, 0.38, (MOST, 2))
        self._walk = random.uniform(0.25, 0.75, MOST)

    def places(self, persons: int, time: float) -> Positions:
        """Ground positions [persons, 2]: metres to the right of the middle, and away from the camera."""
        sway = np.sin(2 * np.pi * self._pace[:persons] * time + self._phase[:persons])
        ground = self._home[:persons] + sway * (0.10, 0.08)
        if self._zone == "gate":  # they walk towards the camera and on
            away = (ground[:, 1] - self._walk[:persons] * time - _NEAR) % (_FAR - _NEAR) + _NEAR
            ground = np.column_stack([ground[:, 0] * away / ground[:, 1], away])
        return ground

    def paste(
        self, picture: Image, ground: Positions, who: NDArray[np.int64], time: float, *, lively: float
    ) -> Positions:
        """Draw the far ones first; returns their heads in the order of `ground`.

        Args:
            who: which of the people stands at each place.
        """
        heads = np.empty((len(ground), 2))
        for index in np.argsort(-ground[:, 1], kind="stable"):
            person = who[index]
            x, y, height = _in_picture(float(ground[index, 0]), float(ground[index, 1]))
            height *= self._height[person]
            beat = np.sin(2 * np.pi * 2.0 * time + self._phase[person, 0])
            y -= 0.012 * height * lively * max(0.0, beat)
            arms = lively * 0.5 > (self._phase[person, 1] / np.pi + 0.06 * time) % 2.0 / 2.0
            looks = figure(self._seed, int(self._looks[person]), level_of(height), lifted=bool(arms))
            looks.paste(picture, x, y)
            heads[index] = x, y - 0.932 * LEVELS[level_of(height)]
        return heads


def _queue(seed: int, people: int, time: float, speed: float) -> tuple[NDArray[np.int64], Positions]:
    """Who stands in a queue, and where, metres [people, 2]: the queue moves on, its head goes, others join its tail."""
    slots = _queue_slots(seed)
    rows = (MOST // _QUEUE_ROW) * _QUEUE_STEP
    to_exit = (slots[:, 1] - speed * time) % rows
    first = np.argsort(to_exit, kind="stable")[:people]
    ground = np.column_stack([slots[first, 0], _QUEUE_HEAD - to_exit[first]])
    edge = _edge(ground[:, 1])
    ground[:, 0] = ground[:, 0].clip(-edge, edge)
    return first, ground


_QUEUE_ROW = round(2 * _QUEUE_SIDE / _QUEUE_STEP)


@lru_cache(maxsize=4)
def _queue_slots(seed: int) -> Positions:
    """Rows of people, metres to the right and behind the first row [n, 2]; nobody stands quite in line."""
    random = np.random.default_rng([seed, 7])
    rows = MOST // _QUEUE_ROW
    right, behind = np.meshgrid(np.linspace(-_QUEUE_SIDE, _QUEUE_SIDE, _QUEUE_ROW), _QUEUE_STEP * np.arange(rows))
    right = right + (np.arange(rows)[:, None] % 2 - 0.5) * _QUEUE_STEP / 2
    places = np.column_stack([right.ravel(), behind.ravel()])
    return np.asarray(places + random.uniform(-0.12, 0.12, places.shape))


@lru_cache(maxsize=16)
def _homes(seed: int, camera: str, zone: str) -> Positions:
    """Places [MOST, 2] for people, each far from those before it (the best of some candidates, Mitchell 1991).

    In front of a stage people stand close together at the far end; elsewhere in groups.
    """
    random = np.random.default_rng([seed, 1, *camera.encode()])
    places = np.empty((MOST, 2))
    centres = _anywhere(random, 14)
    for index in range(MOST):
        candidates = _anywhere(random, 12)
        if zone != "front" and index % 5 < 3:
            candidates = centres[random.integers(len(centres), size=12)] + random.normal(0, 0.75, (12, 2))
            candidates[:, 1] = candidates[:, 1].clip(_NEAR + 0.1, _FAR)
            edge = _edge(candidates[:, 1])
            candidates[:, 0] = candidates[:, 0].clip(-edge, edge)
        if index == 0:
            places[0] = candidates[0]
            continue
        gaps = np.linalg.norm(candidates[:, None] - places[None, :index], axis=2).min(1)
        if zone == "front":
            gaps *= 0.75 + 0.5 * (candidates[:, 1] - _NEAR) / (_FAR - _NEAR)
        places[index] = candidates[np.argmax(gaps)]
    return places


def _anywhere(random: np.random.Generator, number: int) -> Positions:
    """Even on the ground that the camera sees."""
    away = np.sqrt(random.uniform((_NEAR + 0.1) ** 2, _FAR**2, number))
    return np.column_stack([random.uniform(-1, 1, number) * _edge(away), away])


def _edge(away: NDArray[np.float64]) -> NDArray[np.float64]:
    return away * (WIDTH / 2 - 16) / _FOCAL - 0.1


def _in_picture(right: float, away: float) -> tuple[float, float, float]:
    """Column and row of the feet, and the height of a person in pixels."""
    return WIDTH / 2 + _FOCAL * right / away, _HORIZON + _FOCAL * _MAST / away, _FOCAL * _PERSON / away


def _stand_back(ground: Positions) -> Positions:
    """Everyone keeps two steps away from a fight."""
    apart = ground - np.asarray(_SCUFFLE_PLACE)
    distance = np.linalg.norm(apart, axis=1, keepdims=True).clip(0.05)
    pushed = ground + apart / distance * np.maximum(0.0, 2.2 - distance)
    edge = _edge(pushed[:, 1].clip(_NEAR, _FAR))
    return np.column_stack([pushed[:, 0].clip(-edge, edge), pushed[:, 1].clip(_NEAR, _FAR)])


def _liveliness(evening: Evening, time: float) -> float:
    act = evening.act("main", time)
    return 0.0 if act is None else {"happy": 1.0, "angry": 0.9, "calm": 0.3, "sad": 0.2}[act.style]


def _lit(picture: Image, evening: Evening, zone: str, time: float) -> Image:
    """Daylight or lamps and spotlights, the softness of a lens, and the noise of a sensor at night."""
    daylight = evening.daylight(time)
    light = light_field(evening.seed, zone, daylight, time, on_stage=evening.act("main", time) is not None)
    lit = cv2.multiply(picture, cv2.resize(light, (WIDTH, HEIGHT)), dtype=cv2.CV_8U)
    lit = cv2.GaussianBlur(lit, (3, 3), 0.7)
    noise = grain(evening.seed, strength=3 if daylight > 0.4 else 7)
    row, column = int(time * 977) % 200, int(time * 613) % 200
    tile = noise[row : row + HEIGHT, column : column + WIDTH]
    return np.asarray(cv2.add(lit, tile, dtype=cv2.CV_8U), np.uint8)


def _covered(evening: Evening, time: float) -> Image:
    """A cloth hangs over the lens: nearly black, with some noise."""
    row = int(time * 977) % 200
    tile = grain(evening.seed, strength=3)[row : row + HEIGHT, :WIDTH]
    cloth = np.full((HEIGHT, WIDTH, 3), 4, np.uint8)
    return np.asarray(cv2.add(cloth, tile, dtype=cv2.CV_8U), np.uint8)
