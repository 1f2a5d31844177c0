"""Frozen pictures: with a clock, encoded anew, looped; and calm views with a sensor's noise, which are not frozen."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from processors.cameras.faults import Thumbnail
from processors.cameras.freeze import FreezeDetector
from processors.cameras.picture import Picture, decode
from processors.violence.clip import read_clip
from schemas.camera_faults import CameraFaultThresholds
from simulation.crowd_images import render_burst
from simulation.evening import Evening, clock

FPS = 8


def sent(picture: Picture) -> Thumbnail:
    """Return the thumbnail of a picture after JPEG compression, as a camera sends it."""
    data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return Thumbnail.from_picture(decode(data.tobytes()))


def frozen_from(pictures: Iterable[Picture], rate: float = FPS, frozen_seconds: float = 10) -> float | None:
    """Return the seconds after which the camera is frozen; None where it never is."""
    freeze = FreezeDetector(CameraFaultThresholds(frozen_seconds=frozen_seconds))
    found = [number / rate for number, one in enumerate(pictures) if freeze.update(sent(one).luma, number / rate)]
    return found[0] if found else None


def with_clock(picture: Picture, seconds: float, *, bottom: bool = False) -> Picture:
    shown = picture.copy()
    text = f"{datetime(2026, 7, 4, 22, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} CAM 3"
    at = (12, shown.shape[0] - 14 if bottom else 30)
    for colour, thickness in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(shown, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, thickness)
    return shown


def noisy(picture: Picture, sigma: float, random: np.random.Generator) -> Picture:
    noise = random.normal(0, sigma, (*picture.shape[:2], 1))
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def encoded(pictures: Sequence[Picture], bits_per_second: int, codec: str = "mpeg4", **options: str) -> list[Picture]:
    """Return pictures after an encoder of constant bit rate, 8 of 24 a second."""
    body = io.BytesIO()
    with av.open(body, "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=24)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate, stream.gop_size = "yuv420p", bits_per_second, 48
        rate = str(bits_per_second)
        stream.options = {"minrate": rate, "maxrate": rate, "bufsize": rate, **options}
        for picture in pictures:
            for _ in range(3):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    body.seek(0)
    with av.open(body) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return frames[::3]


@pytest.mark.parametrize("bottom", [False, True], ids=["top", "bottom"])
@pytest.mark.parametrize("rate", [8, 1])
def test_frozen_picture_with_clock_is_found(bottom: bool, rate: int, crowd_picture: Picture) -> None:
    shown = (with_clock(crowd_picture, number / rate, bottom=bottom) for number in range(13 * rate))
    found = frozen_from(shown, rate)
    assert found is not None and 10 <= found <= 12


@pytest.mark.parametrize("height", [0.3, 0.5, 0.66])
def test_clock_in_the_middle_is_left_out_even_at_midnight(height: float) -> None:
    random = np.random.default_rng(0)
    plain = cv2.resize(random.integers(30, 220, (18, 32, 3), dtype=np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)

    def shown(number: int) -> Picture:
        text = f"{datetime(2026, 7, 4, 23, 59, 54, tzinfo=UTC) + timedelta(seconds=number // 4):%Y-%m-%d %H:%M:%S}"
        at = (120, round(360 * height))
        return np.asarray(cv2.putText(plain.copy(), text, at, 0, 0.6, (255, 255, 255), 2), np.uint8)

    found = frozen_from((shown(number) for number in range(12 * 4)), 4)
    assert found is not None and found <= 11

    def dancing(number: int) -> Picture:
        at = (300 + round(5 * np.sin(1.9 * number)), round(360 * height))
        return np.asarray(cv2.circle(plain.copy(), at, 8, (20, 20, 20), -1), np.uint8)

    assert frozen_from((dancing(number) for number in range(24 * 4)), 4) is None


def test_clock_without_seconds_does_not_end_a_freeze(crowd_picture: Picture) -> None:
    small = np.asarray(cv2.resize(crowd_picture, (640, 360)), np.uint8)
    freeze = FreezeDetector(CameraFaultThresholds())
    found = []
    for number in range(14 * 4):
        shown = cv2.putText(small.copy(), "22:59" if number < 48 else "23:00", (12, 30), 0, 0.8, (255, 255, 255), 2)
        found.append(freeze.update(sent(np.asarray(shown, np.uint8)).luma, number / 4))
    assert all(found[11 * 4 :])


@pytest.mark.parametrize(("codec", "bits"), [("mpeg4", 3_000_000), ("mpeg4", 700_000), ("libx264", 1_000_000)])
def test_frozen_picture_that_is_encoded_anew_is_found(codec: str, bits: int, crowd_picture: Picture) -> None:
    shown = encoded(
        [with_clock(crowd_picture, number / FPS) for number in range(16 * FPS)], bits, codec, preset="veryfast"
    )
    found = frozen_from(shown, frozen_seconds=4)
    assert found is not None and found <= 14


def test_noise_in_some_macroblocks_is_frozen(crowd_picture: Picture) -> None:
    random = np.random.default_rng(0)

    def with_errors() -> Picture:
        blocks = np.kron(random.random((30, 40)) < 0.3, np.ones((16, 16)))[: crowd_picture.shape[0]]
        errors = np.round(random.normal(0, 1.5, blocks.shape) * blocks)[:, :, None]
        return np.asarray(np.clip(crowd_picture + errors, 0, 255), np.uint8)

    assert frozen_from((with_errors() for _ in range(14 * FPS)), frozen_seconds=4) is not None


@pytest.mark.parametrize("sigma", [0.7, 1.5, 3.0])
@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("shows_clock", [False, True], ids=["plain", "clock"])
def test_calm_view_with_noise_is_not_frozen(
    sigma: float, night: bool, shows_clock: bool, crowd_picture: Picture
) -> None:
    random = np.random.default_rng(0)
    view = np.asarray(crowd_picture * 0.12 + 4, np.uint8) if night else crowd_picture
    shown = (with_clock(view, number / 2) if shows_clock else view for number in range(80))
    assert frozen_from((noisy(one, sigma, random) for one in shown), 2) is None


def test_calm_night_that_is_encoded_is_not_frozen(crowd_picture: Picture) -> None:
    random = np.random.default_rng(0)
    view = np.asarray(cv2.resize(crowd_picture, (320, 240), interpolation=cv2.INTER_AREA) * 0.12 + 4, np.uint8)
    night = [noisy(view, 1.0, random) for _ in range(14 * FPS)]
    assert frozen_from(encoded(night, 125_000, "libx264"), frozen_seconds=4) is None


def test_one_walker_without_noise_is_not_frozen(crowd_picture: Picture) -> None:
    def walking(number: int) -> Picture:
        shown = crowd_picture.copy()
        shown[40:80, 40 + number : 56 + number] = (30, 30, 120)
        return shown

    assert frozen_from(walking(number) for number in range(20 * FPS)) is None


def test_freeze_ends_with_first_picture_that_moves(crowd_picture: Picture) -> None:
    freeze, random = FreezeDetector(CameraFaultThresholds()), np.random.default_rng(0)
    for second in range(15):
        frozen = freeze.update(sent(with_clock(crowd_picture, second)).luma, float(second))
    assert frozen
    assert not freeze.update(sent(noisy(np.roll(crowd_picture, 9, 1), 1.5, random)).luma, 15.0)


@pytest.mark.parametrize(
    ("camera", "zone", "time"),
    [("bar-square", "bars", "12:10"), ("gate-east", "gate", "12:05"), ("front-left", "front", "23:50")],
)
def test_rendered_views_are_not_frozen(camera: str, zone: str, time: str) -> None:
    pictures = [decode(data) for _, data in render_burst(Evening(), camera, zone, clock(time), 4 * FPS)]
    assert frozen_from([*pictures, *pictures[::-1]] * 2, 4) is None


@pytest.mark.shared
def test_real_views_are_not_frozen(shared_data: Path) -> None:
    clips = sorted((shared_data / "violence" / "more").rglob("*.mp4"))
    clips += sorted((shared_data / "violence" / "surveillance").glob("normal*.mp4"))[::8]
    false = []
    for path in clips:
        pictures = read_clip(path, 4)[0]
        there_and_back = [*pictures, *pictures[::-1]]
        shown = (there_and_back * (1 + 64 // len(there_and_back)))[:64]
        if frozen_from(shown, 4) is not None:
            false.append(path.name)
    brt = sorted((shared_data / "crowd" / "beijing_brt").glob("*.jpg"))
    if frozen_from((decode(path.read_bytes()) for path in brt[:120]), 1) is not None:
        false.append("beijing_brt")
    assert len(clips) >= 20 and not false
