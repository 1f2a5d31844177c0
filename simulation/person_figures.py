"""Drawn figures of people, made once and pasted many times: bodies, clothes, skin, hair, hats, lifted arms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

HEIGHT = 320
"""Pixels from the feet to the top of the head, as drawn."""
HEADROOM = 90
"""Pixels above the head, for lifted arms."""
WIDTH = 220
HEAD_CENTRE = 0.068
"""Distance from the top of the head to its centre, as a share of the height."""
FIGURE_HEIGHTS = tuple(round(72 * 1.075**step) for step in range(18))
"""Heights in pixels at which figures are cached."""

# Blue, green, red. Clothes are mostly dark or pale, as in any crowd; the loud ones are few.
_SKIN: tuple[Colour, ...] = (
    (150, 180, 226),
    (132, 164, 214),
    (118, 150, 200),
    (92, 124, 178),
    (62, 88, 132),
    (44, 62, 96),
)
_HAIR: tuple[Colour, ...] = (
    (22, 22, 26),
    (30, 34, 44),
    (34, 46, 66),
    (48, 74, 104),
    (92, 138, 172),
    (128, 130, 132),
    (36, 44, 92),
)
_TOPS: tuple[Colour, ...] = (
    (34, 32, 32), (52, 48, 46), (36, 30, 28), (90, 60, 40), (120, 92, 70), (205, 205, 205), (228, 226, 222),
    (160, 160, 158), (60, 66, 120), (52, 44, 138), (70, 96, 58), (56, 74, 82), (150, 120, 100), (98, 106, 168),
    (70, 150, 196), (140, 84, 60), (182, 168, 148), (110, 78, 104),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = ((72, 54, 44), (92, 74, 60), (40, 38, 38), (66, 62, 62), (120, 140, 152), (98, 84, 74))


@dataclass(frozen=True, slots=True)
class Pose:
    """Angles of arms and body in degrees.

    Attributes:
        left, right: upper arm from straight down; 180 is straight up, positive is outwards.
        left_bend, right_bend: forearm against the upper arm.
        lean: whole body, positive to the right.
    """

    left: float = 12
    right: float = 12
    left_bend: float = 0
    right_bend: float = 0
    lean: float = 0


POSES = (
    *(Pose(a, b, 5, 8) for a, b in ((10, 14), (8, 10), (14, 9), (12, 12), (9, 13))),
    Pose(20, 24, -75, -80),  # arms crossed
    Pose(16, 26, -60, -120),  # a cup or a telephone before the chest
    Pose(12, 22, 0, -130),
)
LIFTED = (Pose(165, 14, 10, 5), Pose(150, 160, 15, 10), Pose(140, 150, 35, 40), Pose(14, 170, 5, -10))


def draw_person(random: np.random.Generator, pose: Pose, *, seen_from_behind: bool | None = None) -> Image:
    """Draw one person with clothes, skin and hair taken at random.

    Returns:
        uint8 [HEADROOM + HEIGHT, WIDTH, 4], blue, green, red and opacity (0 to 255).
    """
    skin, hair = _random_colour(random, _SKIN), _random_colour(random, _HAIR)
    top, trousers = _random_colour(random, _TOPS), _random_colour(random, _TROUSERS)
    behind = bool(random.random() < 0.45) if seen_from_behind is None else seen_from_behind
    canvas: Image = np.zeros((HEADROOM + HEIGHT, WIDTH, 4), np.uint8)
    body = _Body(canvas, random)
    body.legs(trousers, skin, shorts=bool(random.random() < 0.35))
    if not behind:
        body.torso(top)
    body.arms(pose, top, skin, sleeve=float(random.choice([0.35, 0.45, 1.0])))
    if behind:
        body.torso(top)
        if random.random() < 0.25:
            body.backpack(_random_colour(random, _TOPS))
    body.head(skin, hair, behind=behind, long_hair=bool(random.random() < 0.45))
    canvas = _shade(canvas, random)
    if pose.lean:
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEADROOM + HEIGHT), -pose.lean, 1.0)
        canvas = np.asarray(cv2.warpAffine(canvas, turn, (WIDTH, HEADROOM + HEIGHT)), np.uint8)
    return canvas


@dataclass(frozen=True, slots=True)
class PersonFigure:
    """Person in one size, ready to be pasted.

    Attributes:
        colour: uint8 [h, w, 3].
        mask: uint8 [h, w], 255 where the person covers the background.
        foot: x and y of the point between the feet, within `colour`.
    """

    colour: Image
    mask: Image
    foot: tuple[int, int]

    @classmethod
    def scaled(cls, drawn: Image, height: float) -> PersonFigure:
        """Scale a drawn person down to a height in pixels."""
        factor = height / HEIGHT
        size = (max(2, round(WIDTH * factor)), max(2, round((HEADROOM + HEIGHT) * factor)))
        small: Image = np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)
        mask = np.where(small[:, :, 3] > 110, 255, 0).astype(np.uint8)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        area = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        colour = np.ascontiguousarray(small[area][:, :, :3])
        return cls(colour, np.ascontiguousarray(mask[area]), (size[0] // 2 - int(columns[0]), size[1] - int(rows[0])))

    def paste(self, picture: Image, x: float, y: float) -> None:
        """Paste the person with the feet at the point x, y of an image; parts outside the image are cut off."""
        left, upper = round(x) - self.foot[0], round(y) - self.foot[1]
        height, width = self.mask.shape
        x0, y0 = max(0, left), max(0, upper)
        x1, y1 = min(picture.shape[1], left + width), min(picture.shape[0], upper + height)
        if x0 >= x1 or y0 >= y1:
            return
        own = (slice(y0 - upper, y1 - upper), slice(x0 - left, x1 - left))
        cv2.copyTo(self.colour[own], self.mask[own], picture[y0:y1, x0:x1])


@lru_cache(maxsize=4)
def drawn_people(seed: int, number: int = 72) -> tuple[tuple[Image, ...], tuple[Image, ...]]:
    """Return two tuples of drawn people: standing, and with lifted arms."""
    random = np.random.default_rng([seed, 7])
    standing = tuple(draw_person(random, POSES[i % len(POSES)]) for i in range(number))
    lifted = tuple(draw_person(random, LIFTED[i % len(LIFTED)]) for i in range(number // 3))
    return standing, lifted


@lru_cache(maxsize=4096)
def scaled_figure(seed: int, index: int, level: int, *, lifted: bool) -> PersonFigure:
    """Return a drawn person at the height `FIGURE_HEIGHTS[level]`, from a cache."""
    drawn = drawn_people(seed)[1 if lifted else 0]
    return PersonFigure.scaled(drawn[index % len(drawn)], FIGURE_HEIGHTS[level])


def size_level(height: float) -> int:
    """Return the index of the cached height nearest to a height in pixels.

    >>> FIGURE_HEIGHTS[size_level(100)]
    103
    """
    return int(np.argmin(np.abs(np.asarray(FIGURE_HEIGHTS) - height)))


class _Body:
    """Canvas on which the parts of a person are drawn, from the feet up."""

    def __init__(self, canvas: Image, random: np.random.Generator) -> None:
        self._canvas = canvas
        self._random = random
        self._shoulder = random.uniform(0.118, 0.142)
        self._hip = random.uniform(0.085, 0.108)

    def legs(self, colour: Colour, skin: Colour, *, shorts: bool) -> None:
        for side in (-1, 1):
            hip, knee, foot = (side * 0.045, 0.52), (side * 0.05, 0.74), (side * 0.055, 0.985)
            self._line(hip, foot, 0.052, skin if shorts else colour)
            self._line(hip, knee, 0.085, colour)
            self._line((foot[0], 0.985), (foot[0] + side * 0.012, 0.99), 0.05, (40, 40, 44))

    def torso(self, colour: Colour) -> None:
        shoulder, hip = self._shoulder, self._hip
        # fmt: off
        shape = [(-0.04, 0.145), (0.04, 0.145), (shoulder, 0.178), (shoulder * 0.95, 0.26), (hip * 0.92, 0.40),
                 (hip, 0.56), (-hip, 0.56), (-hip * 0.92, 0.40), (-shoulder * 0.95, 0.26), (-shoulder, 0.178)]
        # fmt: on
        self._polygon(shape, colour)
        pattern = self._random.random()
        if pattern < 0.12:  # stripes
            stripe = _random_colour(self._random, _TOPS)
            for row in np.arange(0.2, 0.54, 0.05):
                self._line((-hip * 0.9, row), (hip * 0.9, row), 0.014, stripe)
        elif pattern < 0.35:  # a print
            self._ellipse((0, 0.27), 0.05, 0.04, _random_colour(self._random, _TOPS))

    def arms(self, pose: Pose, top: Colour, skin: Colour, *, sleeve: float) -> None:
        for side, angle, bend in ((-1, pose.left, pose.left_bend), (1, pose.right, pose.right_bend)):
            shoulder = (side * (self._shoulder - 0.018), 0.19)
            elbow = _point_along(shoulder, side * angle, 0.165)
            hand = _point_along(elbow, side * (angle + bend), 0.16)
            self._line(elbow, hand, 0.036, top if sleeve >= 1 else skin)
            self._line(shoulder, elbow, 0.042, skin)
            self._line(
                shoulder, _point_along(shoulder, side * angle, 0.165 * sleeve if sleeve < 1 else 0.165), 0.055, top
            )
            self._ellipse(hand, 0.022, 0.024, skin)

    def backpack(self, colour: Colour) -> None:
        self._polygon([(-0.08, 0.19), (0.08, 0.19), (0.09, 0.40), (-0.09, 0.40)], colour)

    def head(self, skin: Colour, hair: Colour, *, behind: bool, long_hair: bool) -> None:
        random, centre = self._random, (0.0, HEAD_CENTRE)
        if long_hair:
            self._polygon([(-0.052, 0.05), (0.052, 0.05), (0.066, 0.20), (-0.066, 0.20)], hair)
        self._line((0, 0.12), (0, 0.155), 0.05, _darker(skin, 0.78))
        if behind:
            self._ellipse(centre, 0.050, 0.066, skin)
            if random.random() > 0.07:
                self._ellipse((0, HEAD_CENTRE - 0.008), 0.054, 0.062, hair)
        else:
            self._ellipse((0, HEAD_CENTRE - 0.012), 0.055, 0.060, hair if random.random() > 0.06 else skin)
            self._ellipse((random.uniform(-0.006, 0.006), HEAD_CENTRE + 0.012), 0.044, 0.056, skin)
            self._face(skin, hair)
        if random.random() < 0.12:
            cap = _random_colour(random, _TOPS)
            self._ellipse((0, 0.026), 0.056, 0.034, cap)
            self._line((-0.06, 0.045), (0.06, 0.045), 0.016, _darker(cap, 0.75))

    def _face(self, skin: Colour, hair: Colour) -> None:
        dark, y = _darker(skin, 0.45), HEAD_CENTRE + 0.004
        if self._random.random() < 0.18:
            self._line((-0.034, y), (0.034, y), 0.018, (30, 28, 28))  # sunglasses
        else:
            for side in (-1, 1):
                self._line((side * 0.026, y), (side * 0.012, y), 0.010, dark)
        self._line((0, y + 0.008), (0, y + 0.024), 0.010, _darker(skin, 0.82))
        self._line((-0.013, y + 0.042), (0.013, y + 0.042), 0.007, _darker(skin, 0.6))
        if self._random.random() < 0.22:
            self._ellipse((0, y + 0.046), 0.032, 0.018, _darker(hair, 1.0))

    def _at(self, point: tuple[float, float]) -> tuple[int, int]:
        # Sixteenths of a pixel, so that edges are smooth.
        return round((WIDTH / 2 + point[0] * HEIGHT) * 16), round((HEADROOM + point[1] * HEIGHT) * 16)

    def _line(self, start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
        thick = max(1, round(width * HEIGHT))
        cv2.line(self._canvas, self._at(start), self._at(end), (*colour, 255), thick, cv2.LINE_AA, 4)

    def _ellipse(self, centre: tuple[float, float], width: float, height: float, colour: Colour) -> None:
        axes = (round(width * HEIGHT * 16), round(height * HEIGHT * 16))
        cv2.ellipse(self._canvas, self._at(centre), axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA, 4)

    def _polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        corners = np.asarray([self._at(point) for point in points], np.int32)
        cv2.fillPoly(self._canvas, [corners], (*colour, 255), cv2.LINE_AA, 4)


def _shade(canvas: Image, random: np.random.Generator) -> Image:
    """Shade the flat colours: light from one upper side, folds in the cloth, darker legs."""
    rows = np.linspace(0, 1, canvas.shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    side = random.choice([-1.0, 1.0])
    light = 1.08 - 0.42 * np.clip(rows - 0.25, 0, 1) - 0.55 * np.abs(columns + 0.10 * side) + 0.12 * side * columns
    folds = random.normal(0, 0.10, (canvas.shape[0] // 14, WIDTH // 14)).astype(np.float32)
    light = light + cv2.resize(folds, (WIDTH, canvas.shape[0]), interpolation=cv2.INTER_CUBIC)
    shaded: NDArray[np.float32] = canvas.astype(np.float32)
    shaded[:, :, :3] *= light[:, :, None]
    return np.asarray(np.clip(shaded, 0, 255), np.uint8)


def _point_along(start: tuple[float, float], degrees: float, length: float) -> tuple[float, float]:
    return start[0] + length * float(np.sin(np.radians(degrees))), start[1] + length * float(
        np.cos(np.radians(degrees))
    )


def _darker(colour: Colour, factor: float) -> Colour:
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)


def _random_colour(random: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    blue, green, red = np.clip(np.asarray(colours[random.integers(len(colours))]) * random.uniform(0.85, 1.15), 0, 255)
    return int(blue), int(green), int(red)
