"""Zones as pages receive them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

from console.features.crowd.view import ZonesView
from schemas.crowd import CrowdCount, ExitCrowd, ZoneCount, ZoneFlow
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def count(camera: str, persons: float, density: float, **more: object) -> CrowdCount:
    zone = ZoneCount(zone="front", persons=persons, density=density, level_of_service="D", **more)  # type: ignore[arg-type]
    return CrowdCount(event_id="e", camera=camera, time=AT, persons=persons, zones=(zone,), model="m")


def test_zone_seen_by_two_cameras_shows_the_worst() -> None:
    zones = ZonesView(VENUE)
    jam = ZoneFlow(direction=90, speed=0.3, exits=(ExitCrowd(exit="Salida norte", density=3, speed=0.1, jammed=True),))
    zones.apply(count("front-left", 100, 4.0, flow=jam, limit_chance=0.7, minutes_to_limit=6), 2_000)
    zones.apply(count("other", 180, 1.8), 2_000)
    zones.apply(count("front-left", 1, 0.1), 1_000)
    front = zones.state()["zones"][0]
    assert (front["persons"], front["density"], front["level"]) == (180, 4.0, "D")
    assert (front["jammed"], front["minutes_to_limit"], front["flow"]["direction"]) == (["Salida norte"], 6, 90)
