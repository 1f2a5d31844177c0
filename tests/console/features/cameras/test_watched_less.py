"""The camera wall's state names the cameras that are watched less, and until when that is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from console.features.cameras.camera_wall import CHANNEL, CameraWall
from console.update_hub import UpdateHub
from schemas.cameras import CameraRate
from schemas.ids import EventId
from schemas.venue import Venue
from stream.runtime.settings import Settings


def rate(camera: str, *, watched_less: bool) -> CameraRate:
    return CameraRate(
        id=EventId("1"), camera=camera, time=datetime(2026, 7, 4, tzinfo=UTC), frames_per_second=0.5, valid_seconds=10,
        interval_seconds=2.0, watched_less=watched_less,
    )  # fmt: skip


@pytest.mark.parametrize(("watched_less", "interval"), [(True, 2.0), (False, 0.0)])
def test_camera_wall_shows_interval_while_worker_is_at_limit(watched_less: bool, interval: float) -> None:
    venue = Venue.model_validate({"name": "test", "cameras": [{"id": "gate"}]})
    wall = CameraWall(Settings(), venue, cast(UpdateHub, None))
    assert wall.apply(rate("elsewhere", watched_less=True), 5_000) == set()
    assert wall.apply(rate("gate", watched_less=watched_less), 5_000) == {CHANNEL}
    (shown,) = wall.state()["cameras"]
    assert (shown["interval_seconds"], shown["until"]) == (interval, 15_000)
