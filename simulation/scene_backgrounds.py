"""Scenery of the rendered camera images: background, ground, light and sensor noise."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.ids import ZoneId
from simulation.evening import BARS_ZONE, FRONT_ZONE, GATE_ZONE
from simulation.person_figures import Colour, Image

WIDTH, HEIGHT = 640, 480
_GROUND_TOP_ROW = 128
"""Row where the ground begins; the feet of distant people stand a little below."""

_GROUND_COLOURS: dict[ZoneId, Colour] = {
    FRONT_ZONE: (74, 96, 92),
    GATE_ZONE: (108, 112, 116),
    BARS_ZONE: (92, 112, 128),
}


@lru_cache(maxsize=8)
def scene_background(seed: int, zone: ZoneId) -> Image:
    """Return the empty scene of a zone in daylight, uint8 [480, 640, 3]."""
    random = np.random.default_rng([seed, 2, *zone.encode()])
    picture = _draw_ground(random, _GROUND_COLOURS.get(zone, (96, 104, 108)))
    draw = {FRONT_ZONE: _draw_field, GATE_ZONE: _draw_gate}.get(zone, _draw_bars)
    draw(picture, random)
    return picture


def _draw_ground(random: np.random.Generator, colour: Colour) -> Image:
    """Draw trodden ground: patches that grow towards the camera, brighter far away."""
    texture = np.zeros((HEIGHT, WIDTH), np.float32)
    for cell, strength in ((64, 9.0), (24, 7.0), (8, 6.0), (3, 5.0)):
        rough = random.normal(0, strength, (HEIGHT // cell + 2, WIDTH // cell + 2)).astype(np.float32)
        texture += cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    fade = np.linspace(1.12, 0.92, HEIGHT, dtype=np.float32)[:, None]
    ground = np.asarray(colour, np.float32) * fade[:, :, None] + texture[:, :, None]
    for _ in range(160):  # cups and papers
        x, y = int(random.integers(WIDTH)), int(random.integers(_GROUND_TOP_ROW, HEIGHT))
        size = 1 + 3 * (y - _GROUND_TOP_ROW) // (HEIGHT - _GROUND_TOP_ROW)
        cv2.ellipse(
            ground,
            (x, y),
            (size, max(1, size // 2)),
            random.uniform(0, 180),
            0,
            360,
            [float(random.uniform(90, 215))] * 3,
            -1,
        )
    return np.asarray(np.clip(ground, 0, 255), np.uint8)


def _draw_field(picture: Image, random: np.random.Generator) -> None:
    """Draw the field in front of the stage: sky and trees behind it, the tent of the mixing desk in the middle."""
    _draw_sky(picture, 46)
    for x in range(-20, WIDTH + 20, 18):
        tall = int(random.integers(20, 64))
        shade = float(random.uniform(0.7, 1.2))
        cv2.ellipse(picture, (x, 96), (26, tall), 0, 0, 360, (34 * shade, 66 * shade, 48 * shade), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (0, 92), (WIDTH, _GROUND_TOP_ROW), (66, 78, 80), -1)
    for x in range(0, WIDTH, 11):
        cv2.line(picture, (x, 94), (x, 124), (120, 124, 126), 1, cv2.LINE_AA)
    cv2.fillPoly(picture, [np.array([[250, 60], [320, 30], [390, 60]])], (176, 176, 180), cv2.LINE_AA)
    cv2.rectangle(picture, (258, 60), (382, 122), (46, 46, 50), -1)


def _draw_gate(picture: Image, random: np.random.Generator) -> None:
    """Draw the gate: an arch with a banner, and fences that lead people towards the camera."""
    _draw_sky(picture, 84)
    cv2.rectangle(picture, (0, 84), (WIDTH, _GROUND_TOP_ROW), (92, 98, 100), -1)
    cv2.rectangle(picture, (120, 18), (520, 62), (40, 44, 150), -1)
    cv2.putText(picture, "FESTIVAL PULSO", (166, 51), cv2.FONT_HERSHEY_DUPLEX, 1.1, (225, 225, 225), 2, cv2.LINE_AA)
    for x in (120, 320, 520):
        cv2.rectangle(picture, (x - 7, 60), (x + 7, _GROUND_TOP_ROW + 6), (70, 72, 76), -1)
    for far, near in ((60, -120), (580, 760)):
        for rail in (0, 14):
            cv2.line(
                picture,
                (far, _GROUND_TOP_ROW + 4 - rail // 2),
                (near, HEIGHT - rail * 4),
                (168, 170, 172),
                3,
                cv2.LINE_AA,
            )
    for _ in range(8):
        x = int(random.integers(0, WIDTH))
        cv2.rectangle(picture, (x, 96), (x + 24, 122), (120, 116, 108), -1)


def _draw_bars(picture: Image, random: np.random.Generator) -> None:
    """Draw a row of bars under awnings."""
    _draw_sky(picture, 60)
    cv2.rectangle(picture, (0, 60), (WIDTH, _GROUND_TOP_ROW), (58, 62, 70), -1)
    for index, x in enumerate(range(0, WIDTH, 128)):
        awning = [(60, 60, 170), (190, 190, 190), (60, 130, 60), (170, 120, 50), (60, 60, 170)][index % 5]
        for stripe in range(8):
            colour = awning if stripe % 2 else (212, 212, 212)
            corners = np.array(
                [
                    [x + stripe * 16, 40],
                    [x + stripe * 16 + 16, 40],
                    [x + stripe * 16 + 18, 70],
                    [x + stripe * 16 + 2, 70],
                ]
            )
            cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
        cv2.rectangle(picture, (x + 4, 100), (x + 122, _GROUND_TOP_ROW), (86, 104, 120), -1)
        for _ in range(9):
            left = int(random.integers(x + 8, x + 112))
            cv2.rectangle(picture, (left, 88), (left + 4, 99), tuple(int(c) for c in random.integers(60, 220, 3)), -1)


def _draw_sky(picture: Image, rows: int) -> None:
    shade = np.linspace(0, 1, rows)[:, None, None]
    picture[:rows] = np.asarray((232, 196, 164)) * (1 - shade) + np.asarray((236, 224, 212)) * shade


@lru_cache(maxsize=4)
def sensor_noise(seed: int, *, strength: int) -> NDArray[np.int8]:
    """Return sensor noise from which tiles of 480 × 640 are cut, int8 [680, 840, 3]."""
    random = np.random.default_rng([seed, 3])
    return np.asarray(np.clip(random.normal(0, strength, (680, 840, 3)), -90, 90), np.int8)


def light_factors(seed: int, zone: ZoneId, daylight: float, time: float, *, on_stage: bool) -> NDArray[np.float32]:
    """Return the light of sun, lamps and moving spotlights as factors by colour, float32 [15, 20, 3]."""
    warm = np.asarray((0.86, 0.96, 1.06)) if daylight < 0.9 else np.asarray((1.0, 1.0, 1.0))
    sun = daylight * warm
    rows, columns = np.mgrid[0:15, 0:20].astype(np.float64)
    lamps = np.zeros((15, 20, 3))
    if daylight < 0.85:
        centres = ((3.0, 3.0), (16.0, 4.0), (9.0, 9.0)) if zone != FRONT_ZONE else ((10.0, 2.0), (10.0, 16.0))
        for x, y in centres:
            lamps += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 60)[:, :, None] * (0.34, 0.44, 0.52)
        if zone == FRONT_ZONE and on_stage:
            random = np.random.default_rng([seed, 4])
            for _ in range(4):
                phase, hertz = random.uniform(0, 2 * np.pi, 2), random.uniform(0.05, 0.3, 2)
                x = 10 + 9 * np.sin(2 * np.pi * hertz[0] * time + phase[0])
                y = 6 + 5 * np.sin(2 * np.pi * hertz[1] * time + phase[1])
                lamps += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 14)[:, :, None] * random.uniform(0.05, 0.9, 3)
    night = 0.24 * np.asarray((1.08, 1.0, 0.94))
    field: NDArray[np.float32] = (sun + (1 - daylight) * (night + lamps)).astype(np.float32)
    return np.clip(field, 0.0, 1.35)
