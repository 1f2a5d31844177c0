"""The watch of crowded zones without Kafka: counts → states of paths → other walks."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from processors.routes.crowd_watch import RAISE_AFTER
from schemas.crowd import CROWD, CrowdCount, Level, ZoneCount
from schemas.itinerary import PLANS, WISHES, ItineraryPlan, ItineraryWishes
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.routes import CROWD_WATCH, PATH_STATES, PATHS, PathState
from schemas.venue import Venue, venue_type
from stream.features.itinerary import FEATURE as ITINERARY
from stream.features.routes import FEATURE
from stream.runtime.testing import TestDriver

ZONE = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 6, 1, 18, tzinfo=ZONE)
WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def place(name: str, kind: str = "junction") -> dict[str, Any]:
    return {"id": name, "name_es": name, "name_en": name, "kind": kind, "x_m": 0, "y_m": 0}


def venue(**fields: Any) -> Venue:
    return venue_type([PATHS, PROGRAMME]).model_validate({
        "name": "Test",
        "zones": [{"id": "middle", "area_m2": 100, "capacity": 500}],
        "cameras": [{"id": "cam", "views": [{"zone": "middle", "polygon": WHOLE}]}],
        "paths": {
            "places": [place("square"), place("middle"), place("around"), place("south", "stage")],
            "paths": [
                {"start": "square", "end": "middle", "metres": 60},
                {"start": "middle", "end": "south", "metres": 60},
                {"start": "square", "end": "around", "metres": 200},
                {"start": "around", "end": "south", "metres": 200},
            ],
        },
        **fields,
    })  # fmt: skip


def count(second: float, level: Level = "E") -> CrowdCount:
    part = ZoneCount(zone="middle", persons=90, level_of_service=level)
    time = AT + timedelta(seconds=second)
    return CrowdCount(event_id=f"c{second}", camera="cam", time=time, persons=90, zones=(part,), model="test")


async def walked(driver: TestDriver, second: float) -> list[set[str]]:
    wishes = ItineraryWishes(
        visitor="v1", day=AT.date(), begin=AT, end=AT + timedelta(hours=3), origin="square", destination="square",
        must_see=("bo",),
    )  # fmt: skip
    (plan,) = (await driver.send(WISHES, "v1", wishes, time=AT + timedelta(seconds=second))).of(PLANS)
    assert isinstance(plan, ItineraryPlan)
    assert plan.is_feasible
    return [{*step} for leg in plan.legs for step in pairwise(leg.places)]


async def test_crowded_zone_leads_walks_around_it_within_two_seconds() -> None:
    driver = TestDriver([*FEATURE.agents.values(), *ITINERARY.agents.values()], venue(), worker="support")
    one = ProgrammeSet(
        id="bo-1", day=AT.date(), begin=AT + timedelta(minutes=30), end=AT + timedelta(minutes=70), stage="south",
        act="bo", name="bo",
    )  # fmt: skip
    await driver.send(PROGRAMME_SETS, one.id, one, time=AT)
    assert {"square", "middle"} in await walked(driver, 0)
    last = int(RAISE_AFTER.total_seconds())
    for second in range(last):
        assert (await driver.send(CROWD, "cam", count(second))).of(PATH_STATES) == []
    began = monotonic()
    effects = await driver.send(CROWD, "cam", count(last))
    states = effects.of(PATH_STATES)
    assert [(state.state, state.by, state.time) for state in states] == [("crowded", CROWD_WATCH, AT + RAISE_AFTER)] * 2
    assert [record.key for record in effects.records] == [b"crowd/middle/square", b"crowd/middle/south"]
    for state in states:
        await driver.send(PATH_STATES, "crowd", state)
    steps = await walked(driver, last)
    assert {"square", "around"} in steps
    assert {"square", "middle"} not in steps
    assert monotonic() - began < 2
    driver.close()


async def test_closed_path_is_not_opened_when_the_zone_is_free() -> None:
    driver = TestDriver(FEATURE, venue())
    closed = PathState(start="square", end="middle", time=AT, state="closed", by="ana")
    await driver.send(PATH_STATES, "middle/square", closed)
    keys = set()
    for second in range(200):
        effects = await driver.send(CROWD, "cam", count(second, "E" if second < 20 else "A"))
        keys |= {record.key for record in effects.records}
    assert keys == {b"crowd/middle/square", b"crowd/middle/south"}


async def test_same_count_again_publishes_nothing_new() -> None:
    driver = TestDriver(FEATURE, venue())
    for second in range(11):
        effects = await driver.send(CROWD, "cam", count(second))
    assert len(effects.of(PATH_STATES)) == 2
    assert (await driver.send(CROWD, "cam", count(10))).of(PATH_STATES) == []


@pytest.mark.parametrize("fields", [{"cameras": []}, {"zones": [], "cameras": []}])
async def test_venue_without_zones_or_cameras_needs_no_watch(fields: dict[str, Any]) -> None:
    driver = TestDriver(FEATURE, venue(**fields))
    assert [topic.name for topic in driver.topics] == ([CROWD.name] if fields.get("zones", True) else [])
