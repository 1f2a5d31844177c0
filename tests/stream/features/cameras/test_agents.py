"""The frames agent without Kafka, with the shipped models."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import pytest

from schemas.attendance import ATTENDANCE
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from simulation.crowd_images import render
from simulation.evening import Evening, clock
from stream.features.cameras import FEATURE
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue


@pytest.fixture(scope="module")
def driver() -> TestDriver:
    return TestDriver(FEATURE, read_venue(Settings().venue))


async def test_frame_becomes_count_context_and_attendance(driver: TestDriver) -> None:
    picture = render(Evening(), "bar-square", "bars", clock("20:05")).image
    _, jpeg = cv2.imencode(".jpg", picture)
    now = datetime.now(UTC)
    effects = await driver.send(FRAMES, "bar-square", jpeg.tobytes(), time=now, received=now)
    (count,) = effects.of(CROWD)
    assert count.persons is not None and count.persons > 5
    assert [context.zone for context in effects.of(CONTEXT)] == ["bars"]
    assert [change.kind for change in effects.of(ATTENDANCE)] == ["seen"]
    assert set(effects.rows) == {"bar-square"}


@pytest.mark.parametrize(("camera", "why"), [("moon", "no camera 'moon'"), ("bar-square", "")])
async def test_unusable_frame_is_rejected(driver: TestDriver, camera: str, why: str) -> None:
    now = datetime.now(UTC)
    effects = await driver.send(FRAMES, camera, b"no picture", time=now, received=now)
    assert why in effects.rejections[0]
