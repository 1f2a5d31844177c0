"""Fillings of decoders in pictures that were encoded anew are found; fog, walls, lights and screens are not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from processors.cameras.faults import CameraBaseline, FaultDetector, Thumbnail
from processors.cameras.picture import Picture, decode
from simulation.crowd_images import render_burst
from tests.processors.cameras.test_flashes import CAMERA, EVENING, FIGHT, encode

((_, JPEG),) = render_burst(EVENING, CAMERA, "bars", FIGHT.start - 60, 1)
SCENE = cv2.resize(decode(JPEG), (640, 360), interpolation=cv2.INTER_AREA)
RANDOM = np.random.default_rng(3)


def filled(colour: tuple[int, int, int], rows: int = 120) -> Picture:
    picture = SCENE.copy()
    picture[-40 - rows : -40] = colour
    return picture


def repeated_lines(rows: int, columns: int = 640) -> Picture:
    picture = SCENE.copy()
    picture[-rows:, :columns] = picture[-rows - 1, :columns]
    return picture


def noisy(picture: Picture, deviation: float = 2.0) -> Picture:
    return np.clip(picture + RANDOM.normal(0, deviation, picture.shape), 0, 255).astype(np.uint8)


def fault(picture: Picture) -> str | None:
    shown = decode(encode(picture))
    return FaultDetector().assess(Thumbnail.from_picture(shown), 0.0, CameraBaseline())[0].fault


@pytest.mark.parametrize(
    "picture",
    [
        filled((128, 128, 128)),
        filled((130, 130, 130), 60),
        filled((0, 135, 0)),
        repeated_lines(150),
        cv2.resize(repeated_lines(100), (427, 240), interpolation=cv2.INTER_AREA),
    ],
    ids=["grey", "grey of television", "green", "repeated line", "repeated line, made smaller"],
)
def test_filling_of_decoder_is_damage(picture: Picture) -> None:
    assert fault(picture) == "damaged"


def fog() -> Picture:
    return cv2.addWeighted(SCENE, 0.3, np.full_like(SCENE, 129), 0.7, 0)


def grey_wall() -> Picture:
    picture = SCENE.copy()
    shade = np.linspace(118, 142, 640)[None, :, None] + np.zeros((150, 1, 3))
    picture[:150] = shade.astype(np.uint8)
    return noisy(picture)


def screen_of_bars() -> Picture:
    picture = SCENE.copy()
    picture[40:220, 100:500] = np.repeat(RANDOM.integers(0, 255, (1, 40, 3), dtype=np.uint8), 10, axis=1)
    return noisy(picture)


def green_lamps() -> Picture:
    picture = np.asarray(SCENE * (0.0, 0.6, 0.0), np.uint8)
    picture[:150, :, 1] = np.linspace(40, 220, 640)[None].astype(np.uint8)
    return picture


CLEAN: dict[str, Callable[[], Picture]] = {
    "plain": lambda: SCENE,
    "fog": fog,
    "grey wall": grey_wall,
    "green light": lambda: noisy(np.asarray(SCENE * (0.2, 1.0, 0.2), np.uint8)),
    "green lamps": green_lamps,
    "screen of bars": screen_of_bars,
    "dark": lambda: noisy(np.asarray(SCENE * 0.3, np.uint8)),
    "curtain on one side": lambda: repeated_lines(200, 300),
}


@pytest.mark.parametrize("name", CLEAN)
def test_what_looks_similar_is_no_damage(name: str) -> None:
    assert fault(CLEAN[name]()) != "damaged"
