"""The vision worker takes a new version of the venue file while it runs."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from schemas.cameras import FRAMES
from schemas.crowd import CROWD
from schemas.ids import CameraId, ZoneId
from simulation.crowd_images import render
from simulation.evening import Evening, clock
from stream.features.cameras import FEATURE
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue
from stream.stores.venue_versions import VenueVersions


async def test_vision_counts_in_a_published_zone_without_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "venue.yaml"
    shutil.copy(Settings().venue, file)
    driver = TestDriver(FEATURE, read_venue(file), settings=Settings(venue=file))
    picture = render(Evening(), CameraId("bar-square"), ZoneId("bars"), clock("20:05")).image
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    now = datetime.now(UTC)
    await driver.send(FRAMES, "bar-square", jpeg, time=now, received=now)

    versions = VenueVersions(file)
    document = versions.keep_current()
    content = document.content
    content["zones"].append({"id": "terrace", "area_m2": 40, "capacity": 90})
    view = {"zone": "terrace", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
    next(one for one in content["cameras"] if one["id"] == "bar-square")["views"].append(view)
    assert versions.publish(document.version, content, by="ada").is_publishable
    await driver.run_timer("venue file")
    later = max(datetime.now(UTC), now + timedelta(seconds=2))  # on a busy machine an older frame is dropped
    effects = await driver.send(FRAMES, "bar-square", jpeg, time=later, received=later)
    (count,) = effects.of(CROWD)
    assert [zone.zone for zone in count.zones] == ["bars", "terrace"]
    assert all(zone.persons > 0 for zone in count.zones)

    file.write_text("name: [", encoding="utf-8")
    await driver.run_timer("venue file")
    assert "the version before stays in use" in caplog.text
    latest = max(datetime.now(UTC), later + timedelta(seconds=2))
    effects = await driver.send(FRAMES, "bar-square", jpeg, time=latest, received=latest)
    assert len(effects.of(CROWD)[0].zones) == 2
    driver.close()
