"""The music agent without Kafka, with the shipped models."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import soundfile

from schemas.music import SNIPPETS, TAGS
from schemas.venue import Venue
from stream.features.music import FEATURE
from stream.runtime.testing import TestDriver

AT = datetime.now(UTC)
VENUE = Venue.model_validate({"name": "Test", "stages": [{"id": "main"}]})


@pytest.fixture
async def driver() -> AsyncIterator[TestDriver]:
    driver = TestDriver(FEATURE, VENUE)
    yield driver
    driver.close()


def silence(seconds: float = 2.0) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(int(22_050 * seconds)), 22_050, format="FLAC")
    return file.getvalue()


async def test_silent_fragment_is_tagged_and_stale_one_dropped(driver: TestDriver) -> None:
    old, new = AT - timedelta(minutes=5), AT
    events = [driver.event(SNIPPETS, "main", silence(), time=time, received=time) for time in (old, new)]
    (tags,) = (await driver.send_events(SNIPPETS, events)).of(TAGS)
    assert tags.silent


async def test_fragment_of_unknown_stage_is_rejected(driver: TestDriver) -> None:
    effects = await driver.send(SNIPPETS, "moon", silence(), time=AT)
    assert effects.rejections == ["no stage 'moon' in the venue file; it has main"]


async def test_damaged_fragment_is_rejected(driver: TestDriver) -> None:
    assert (await driver.send(SNIPPETS, "main", b"no sound", time=AT)).rejections
