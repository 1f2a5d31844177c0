"""Zones as pages receive them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.features.crowd.view import ZonesView
from schemas.crowd import CrowdCount, ExitCrowd, ZoneCount, ZoneFlow, ZoneForecast
from schemas.venue import Venue
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


def shown_persons(areas: list[float | None]) -> float | None:
    """Return the people shown in a zone of 100 m² of which each of two cameras, 120 and 90 people, sees an area."""
    polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
    venue = Venue.model_validate(
        {
            "name": "Parts",
            "zones": [{"id": "front", "area_m2": 100, "capacity": 300}],
            "cameras": [
                {"id": camera, "views": [{"zone": "front", "polygon": polygon, "area_m2": area}]}
                for camera, area in zip(("front-left", "front-right"), areas, strict=True)
            ],
        }
    )
    zones = ZonesView(venue)
    zones.apply(count("front-left", 120, 2.0), 1_000)
    zones.apply(count("front-right", 90, 2.0), 1_000)
    return zones.state()["zones"][0]["persons"]


@pytest.mark.parametrize(
    ("areas", "persons"), [([60, 40], 210), ([60, None], 120), ([None, None], 120), ([80, 70], 120)]
)
def test_counts_of_cameras_are_added_only_where_their_areas_say_that_they_see_different_parts(
    areas: list[float | None], persons: float
) -> None:
    assert shown_persons(areas) == persons


@pytest.mark.parametrize(("mean", "trend"), [(120, "rising"), (103, "steady"), (80, "falling")])
def test_trend_is_that_of_the_forecast_in_five_minutes(mean: float, trend: str) -> None:
    zones = ZonesView(VENUE)
    forecast = ZoneForecast(minutes=5, mean=mean, low=mean - 20, high=mean + 20)
    zones.apply(count("front-left", 100, 1.0, forecast=(forecast,)), 1_000)
    assert zones.state()["zones"][0]["trend"] == trend
    zones.apply(count("front-left", 100, 1.0), 2_000)
    assert zones.state()["zones"][0]["trend"] is None
