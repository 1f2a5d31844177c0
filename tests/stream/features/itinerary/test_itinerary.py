"""The itinerary agents without Kafka."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from processors.programme.changes import ProgrammeChangeError, cancelled, moved
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.itinerary import PLANS, WISHES, FriendWishes, ItineraryPlan, ItineraryWishes
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.routes import PATH_STATES, PATHS, PathState
from schemas.venue import venue_type
from stream.features.itinerary import FEATURE
from stream.runtime.testing import TestDriver

ZONE = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 6, 1, 18, tzinfo=ZONE)


def place(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "name_es": name, "name_en": name, "kind": kind, "x_m": 0, "y_m": 0}


VENUE = venue_type([PATHS, PROGRAMME]).model_validate({
    "name": "Test",
    "zones": [{"id": "north", "area_m2": 100, "capacity": 100}],
    "paths": {
        "places": [place("square", "junction"), place("north", "stage"), place("south", "stage")],
        "paths": [
            {"start": "square", "end": "north", "metres": 120},
            {"start": "square", "end": "south", "metres": 120},
            {"start": "north", "end": "south", "metres": 600, "kind": "steps", "step_free": False},
        ],
    },
})  # fmt: skip


def programme_set(act: str, stage: str, minute: int, **fields: Any) -> ProgrammeSet:
    begin = AT + timedelta(minutes=minute)
    return ProgrammeSet(
        id=f"{act}-1", day=AT.date(), begin=begin, end=begin + timedelta(minutes=40), stage=stage, act=act, name=act,
        **fields,
    )  # fmt: skip


FIRST, SECOND = programme_set("ana", "north", 30), programme_set("bo", "south", 80)


def wishes(visitor: str = "v1", **fields: Any) -> ItineraryWishes:
    given: dict[str, Any] = {
        "visitor": visitor, "day": AT.date(), "begin": AT, "end": AT + timedelta(hours=4), "origin": "square",
        "destination": "square", "must_see": ("ana",), "utilities": {"bo": 1.0}, **fields,
    }  # fmt: skip
    return ItineraryWishes(**given)


@pytest.fixture
async def driver() -> TestDriver:
    driver = TestDriver(FEATURE, VENUE)
    for one in (FIRST, SECOND):
        await driver.send(PROGRAMME_SETS, one.id, one, time=AT)
    return driver


async def plan_of(driver: TestDriver, sent: ItineraryWishes, minute: int = 0) -> ItineraryPlan:
    effects = await driver.send(WISHES, sent.visitor, sent, time=AT + timedelta(minutes=minute))
    assert effects.rejections == []
    (plan,) = effects.of(PLANS)
    return plan


async def test_wishes_are_answered_with_a_plan(driver: TestDriver) -> None:
    plan = await plan_of(driver, wishes())
    assert [stop.act for stop in plan.stops] == ["ana", "bo"]
    assert plan.is_feasible
    assert not plan.offer


async def test_cancelled_set_makes_an_offer_to_those_whose_plan_it_breaks(driver: TestDriver) -> None:
    plan = await plan_of(driver, wishes())
    await plan_of(driver, wishes("v2", must_see=("bo",), utilities={}))
    effects = await driver.send(PROGRAMME_SETS, FIRST.id, cancelled(FIRST), time=AT + timedelta(minutes=10))
    (offer,) = effects.of(PLANS)
    assert (offer.visitor, offer.offer, offer.cause, offer.replaces) == ("v1", True, "set_cancelled", plan.event_id)
    assert [stop.act for stop in offer.stops] == ["bo"]
    assert [one.reason for one in offer.unmet] == ["not_performing"]


async def test_delay_that_the_plan_survives_makes_no_offer(driver: TestDriver) -> None:
    await plan_of(driver, wishes())
    effects = await driver.send(PROGRAMME_SETS, FIRST.id, moved(FIRST, minutes=2), time=AT)
    assert effects.of(PLANS) == []
    effects = await driver.send(PROGRAMME_SETS, FIRST.id, moved(FIRST, minutes=200), time=AT)
    assert [plan.cause for plan in effects.of(PLANS)] == ["set_moved"]


async def test_offer_becomes_the_plan_when_it_is_accepted(driver: TestDriver) -> None:
    await plan_of(driver, wishes())
    (offer,) = (await driver.send(PROGRAMME_SETS, FIRST.id, cancelled(FIRST), time=AT)).of(PLANS)
    accepted = await plan_of(driver, wishes(accepts=offer.event_id), minute=1)
    assert accepted.time == AT + timedelta(minutes=1), "the request that accepts it is answered"
    assert (accepted.event_id, accepted.offer, accepted.stops) == (offer.event_id, False, offer.stops)


async def test_closed_path_leads_around_and_is_offered(driver: TestDriver) -> None:
    await plan_of(driver, wishes())
    await plan_of(driver, wishes("v2", mobility="wheelchair"))
    closed = PathState(start="south", end="square", time=AT, state="closed", by="ana")
    offers = {plan.visitor: plan for plan in (await driver.send(PATH_STATES, "south/square", closed)).of(PLANS)}
    assert {name: [stop.act for stop in plan.stops] for name, plan in offers.items()} == {
        "v1": ["ana", "bo"],
        "v2": ["ana"],
    }
    walked = [{*step} for leg in offers["v1"].legs for step in pairwise(leg.places)]
    assert walked
    assert {"square", "south"} not in walked
    assert offers["v1"].event_id != offers["v1"].replaces


async def test_many_plans_are_made_anew_within_two_seconds(driver: TestDriver) -> None:
    for number in range(100):
        await plan_of(driver, wishes(f"v{number}"))
    began = process_time()
    closed = PathState(start="south", end="square", time=AT, state="closed", by="ana")
    offers = (await driver.send(PATH_STATES, "south/square", closed)).of(PLANS)
    assert len(offers) == 100
    assert process_time() - began < 2


async def test_crowded_path_is_avoided_where_there_is_another_way(driver: TestDriver) -> None:
    await driver.send(PATH_STATES, "s", PathState(start="south", end="square", time=AT, state="crowded", by="ana"))
    legs = {}
    for mobility in ("none", "wheelchair"):
        plan = await plan_of(driver, wishes(mobility, mobility=mobility, must_see=("ana", "bo")))
        legs[mobility] = [{*step} for leg in plan.legs for step in pairwise(leg.places)]
    assert {"square", "south"} not in legs["none"]
    assert {"square", "south"} in legs["wheelchair"]


async def test_what_was_seen_before_a_change_is_not_planned_again(driver: TestDriver) -> None:
    await plan_of(driver, wishes())
    effects = await driver.send(PROGRAMME_SETS, SECOND.id, cancelled(SECOND), time=AT + timedelta(minutes=75))
    (offer,) = effects.of(PLANS)
    assert offer.stops == ()
    assert offer.unmet == ()


@pytest.mark.parametrize("follows", [True, False])
async def test_place_above_its_limit_is_not_suggested(driver: TestDriver, follows: bool) -> None:
    zone = ZoneCount(zone="north", persons=100)
    count = CrowdCount(event_id="c", camera="cam", time=AT, persons=100, zones=(zone,), model="test")
    await driver.send(CROWD, "cam", count)
    plan = await plan_of(driver, wishes(follows=follows))
    assert [stop.act for stop in plan.stops] == ["bo"]
    assert [one.reason for one in plan.unmet] == ["full"]


async def test_measured_occupancy_is_a_price_that_outweighs_a_weak_wish(driver: TestDriver) -> None:
    zone = ZoneCount(zone="north", persons=90)
    count = CrowdCount(
        event_id="c", camera="cam", time=AT + timedelta(minutes=10), persons=90, zones=(zone,), model="t"
    )
    weak = wishes(must_see=(), utilities={"ana": 0.5, "bo": 1.0})
    assert [stop.act for stop in (await plan_of(driver, weak, 10)).stops] == ["ana", "bo"]
    await driver.send(CROWD, "cam", count)
    assert [stop.act for stop in (await plan_of(driver, weak, 10)).stops] == ["bo"]
    strong = wishes(must_see=(), utilities={"ana": 2.0, "bo": 1.0})
    assert [stop.act for stop in (await plan_of(driver, strong, 10)).stops] == ["ana", "bo"]


async def test_place_without_room_for_all_friends_is_not_suggested_to_them(driver: TestDriver) -> None:
    zone = ZoneCount(zone="north", persons=95)
    await driver.send(CROWD, "cam", CrowdCount(
        event_id="c", camera="cam", time=AT, persons=95, zones=(zone,), model="test",
    ))  # fmt: skip
    alone = await plan_of(driver, wishes(follows=False))
    together = await plan_of(driver, wishes("v2", follows=False, friends=(FriendWishes(),) * 3))
    assert ([stop.act for stop in alone.stops], [stop.act for stop in together.stops]) == (["ana", "bo"], ["bo"])
    assert [one.reason for one in together.unmet] == ["full"]


async def test_attendee_is_forgotten_at_once(driver: TestDriver) -> None:
    await plan_of(driver, wishes())
    effects = await driver.send(WISHES, "v1", wishes(forget=True), time=AT)
    assert effects.of(PLANS) == []
    assert (await driver.send(PROGRAMME_SETS, FIRST.id, cancelled(FIRST), time=AT)).of(PLANS) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"origin": "nowhere"}, "no place 'nowhere'"), ({"end": AT}, "ends before it begins")],
)
async def test_wishes_that_cannot_be_planned_are_rejected(
    driver: TestDriver, fields: dict[str, Any], reason: str
) -> None:
    effects = await driver.send(WISHES, "v1", wishes(**fields), time=AT)
    assert effects.of(PLANS) == []
    assert reason in effects.rejections[0]


async def test_state_of_an_unknown_path_is_rejected(driver: TestDriver) -> None:
    state = PathState(start="nowhere", end="square", time=AT, state="closed", by="ana")
    assert "no place 'nowhere'" in (await driver.send(PATH_STATES, "nowhere/square", state)).rejections[0]


def test_moved_set_remembers_what_was_printed() -> None:
    twice = moved(moved(FIRST, minutes=10), stage="south")  # type: ignore[arg-type]
    assert (twice.previous_stage, twice.previous_begin, twice.stage) == ("north", FIRST.begin, "south")
    assert twice.end - twice.begin == FIRST.end - FIRST.begin
    with pytest.raises(ProgrammeChangeError, match="nothing changes"):
        moved(FIRST)


def test_plans_name_no_person() -> None:
    assert {"name", "mail"}.isdisjoint(msgspec.structs.asdict(wishes()))
    assert WISHES.sensitive
    assert PLANS.sensitive
