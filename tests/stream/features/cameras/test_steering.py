"""Tests of steering: the rates that a worker wants, how long they are valid, and what a source makes of them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from schemas.cameras import CAMERA_RATES, CameraRate
from schemas.ids import CameraId
from schemas.venue import Venue
from stream.features.cameras.camera_turns import CameraTurns
from stream.features.cameras.steering import REFRESH_SECONDS, VALID_SECONDS, CameraSteering
from stream.runtime.testing import TestDriver
from stream.sources.camera import CameraSource
from stream.sources.steering import WantedRates
from tests.stream.sources.test_camera_frames import RecordingSink

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
CAMERAS = [CameraId(f"camera-{number}") for number in range(20)]


def rate(frames_per_second: float | None, valid_seconds: float = VALID_SECONDS) -> bytes:
    return msgspec.json.encode(
        CameraRate(id="1", camera="gate", time=AT, frames_per_second=frames_per_second, valid_seconds=valid_seconds)  # type: ignore[arg-type]
    )


def limited_turns(seconds: float = 10) -> CameraTurns:
    """Return the turns of a worker that analyzes 20 of 160 frames/s."""
    turns = CameraTurns(timedelta(seconds=2))
    for tick in range(round(seconds * 8)):
        for index, camera in enumerate(CAMERAS):
            turns.add_frame(camera, AT + timedelta(seconds=tick / 8))
            if index < 5 and tick % 2:
                turns.add_analyzed(timedelta(seconds=1.5))
    return turns


def test_rate_is_valid_until_it_expires() -> None:
    seconds = [0.0]
    rates = WantedRates(lambda: seconds[0])
    rates.add_record(rate(0.5))
    assert (rates.rate_of("gate"), rates.rate_of("bar")) == (0.5, None)
    assert not rates.is_due("gate", 1.9)
    assert rates.is_due("gate", 2.0)
    seconds[0] = VALID_SECONDS + 0.1
    assert rates.rate_of("gate") is None, "the worker has died, so the camera sends at its own rate"
    assert rates.is_due("gate", 0.1)


def test_rate_is_replaced_and_garbage_ignored() -> None:
    rates = WantedRates(lambda: 0.0)
    rates.add_record(rate(0.5))
    for garbage in (None, b"", b"{}", b"\xff"):
        rates.add_record(garbage)
    assert rates.rate_of("gate") == 0.5
    rates.add_record(rate(None))
    assert rates.rate_of("gate") is None


async def test_worker_steers_cameras_while_limited() -> None:
    driver, turns, seconds = TestDriver([], Venue(name="test")), limited_turns(), [0.0]
    steering = CameraSteering(driver, turns, CAMERAS, lambda: seconds[0])
    await steering.publish()
    sent = {key: payload for topic, key, payload in driver.produced if topic == CAMERA_RATES.name}
    assert sent.keys() == set(CAMERAS)
    wanted = {key: payload.frames_per_second for key, payload in sent.items()}  # type: ignore[attr-defined]
    assert {key for key, one in wanted.items() if one is None} == {c for c in CAMERAS if turns.has_turn(c)}
    assert all(0 < one < 1 for one in wanted.values() if one is not None)
    await steering.publish()
    assert len(driver.produced) == len(CAMERAS), "nothing has changed"
    seconds[0] = REFRESH_SECONDS
    await steering.publish()
    assert len(driver.produced) == 2 * len(CAMERAS), "a source that starts later must know it, too"


async def test_worker_without_limit_says_nothing() -> None:
    driver, turns = TestDriver([], Venue(name="test")), CameraTurns(timedelta(seconds=2))
    turns.add_frame(CAMERAS[0], AT)
    await CameraSteering(driver, turns, CAMERAS).publish()
    assert driver.produced == []


class SteeredSink(RecordingSink):
    """Counts signs of life, too."""

    alive = 0

    def report_up(self) -> None:
        self.alive += 1


@pytest.mark.parametrize(("wanted", "sent"), [(None, 12), (2.0, 3), (0.0, 1)])
def test_source_sends_no_more_than_wanted(wanted: float | None, sent: int, tmp_path: Path) -> None:
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"{number:02}.jpg"), np.full((32, 32, 3), number, np.uint8))
    stop, rates = threading.Event(), WantedRates()
    sink = SteeredSink(stop, 1000)
    source = CameraSource(CameraId("gate"), str(tmp_path), frames_per_second=8, loop=False)
    source.steer(rates)
    if wanted is not None:
        rates.add_record(rate(wanted))
    source.run(sink, stop)
    assert len(sink.frames) == sent
    assert sink.counts["paced"] == sink.alive == 12 - sent, "counted, and not taken for silence"
