"""The festival's time: this machine's, except in the open demo, whose evening has a date of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from console.server import build
from console.services import ConsoleServices
from schemas.crowd import CROWD, CrowdCount
from schemas.ids import CameraId, EventId
from stream.runtime.settings import Settings

EVENING = datetime(2025, 7, 5, 20, 30, tzinfo=UTC)
SETTINGS = Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1")


@pytest.mark.parametrize("open_demo", [True, False])
async def test_only_the_open_demo_has_the_time_of_its_evening(open_demo: bool) -> None:
    app = build(SETTINGS, open_demo=open_demo)
    services: ConsoleServices = app.state.console
    count = CrowdCount(event_id=EventId("c"), camera=CameraId("front"), time=EVENING, persons=1, model="test")
    services.results.apply(CROWD.name, msgspec.json.encode(count), 0)
    expected = EVENING if open_demo else datetime.now(UTC)
    assert abs(services.now() - expected) < timedelta(minutes=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        state = (await client.get("/api/companion")).json()
    assert (state["time"] is not None) == open_demo
