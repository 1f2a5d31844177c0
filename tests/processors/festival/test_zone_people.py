"""People of a zone that several cameras see, over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.festival.zone_people import MAX_AGE, ZonePeople
from schemas.crowd import CrowdCount, ZoneCount
from schemas.ids import ZoneId

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
FRONT = ZoneId("front")


def count(camera: str, persons: float, *, seconds: float = 0, blind: str | None = None) -> CrowdCount:
    zones = () if blind else (ZoneCount(zone="front", persons=persons),)
    time = AT + timedelta(seconds=seconds)
    return CrowdCount(event_id="e", camera=camera, time=time, persons=persons, zones=zones, blind=blind, model="m")


@pytest.mark.parametrize(("in_parts", "persons"), [((FRONT,), 210), ((), 120)])
def test_cameras_are_added_or_the_highest_counts_whichever_came_last(
    in_parts: tuple[ZoneId, ...], persons: float
) -> None:
    people = ZonePeople(in_parts)
    people.add(count("left", 120))
    people.add(count("right", 90, seconds=1))
    people.add(count("left", 5, seconds=-10))
    assert people.persons(FRONT, AT + timedelta(seconds=1)) == persons


def test_blind_and_silent_cameras_count_nobody() -> None:
    people = ZonePeople((FRONT,))
    people.add(count("left", 120))
    people.add(count("right", 90))
    people.add(count("left", 0, seconds=5, blind="black"))
    assert people.persons(FRONT, AT + timedelta(seconds=5)) == 90
    assert people.persons(FRONT, AT + MAX_AGE + timedelta(seconds=1)) is None
