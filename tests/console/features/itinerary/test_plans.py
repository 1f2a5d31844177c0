"""Wishes of requests, without servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from fastapi import HTTPException

from console.features.itinerary.plans import PlanRequest, wishes_of
from console.features.itinerary.view import PlanView
from schemas.ids import EventId, ListenerId
from schemas.itinerary import ItineraryPlan, ItineraryWishes
from schemas.routes import PATHS
from schemas.venue import venue_type

VENUE = venue_type([PATHS]).model_validate({
    "name": "Test",
    "paths": {
        "places": [{"id": "gate", "name_es": "Puerta", "name_en": "Gate", "kind": "entrance", "x_m": 0, "y_m": 0}],
        "paths": [],
    },
})  # fmt: skip
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def request(**fields: Any) -> PlanRequest:
    body = {"token": "t" * 22, "day": "2026-06-01", "begin": "18:00", "end": "23:00", "origin": "gate", **fields}
    return msgspec.convert(body, PlanRequest)


def test_friends_come_along_with_their_wishes_and_without_a_name() -> None:
    friend = {"must_see": ["ana", "ana"], "likes": ["bo"], "dislikes": ["cai"], "mobility": "slow", "max_walk_m": 900,
              "breaks": [{"minutes": 20, "begin": "21:00", "end": "22:00"}]}  # fmt: skip
    (found,) = wishes_of(request(likes=["bo"], friends=[friend]), VENUE, NOW).friends
    assert (found.must_see, found.utilities, found.dislikes) == (("ana",), {"bo": 1.0}, ("cai",))
    assert (found.mobility, found.max_walk_m, found.breaks[0].minutes) == ("slow", 900, 20)
    assert "visitor" not in msgspec.to_builtins(found)


def test_a_name_of_a_friend_or_more_than_seven_friends_are_refused() -> None:
    for friends in ([{"token": "t" * 22}], [{"name": "Ana"}], [{}] * 8):
        with pytest.raises(msgspec.ValidationError):
            request(friends=friends)


def test_more_breaks_than_a_group_may_have_are_refused() -> None:
    friends = [{"breaks": [{"minutes": minutes}]} for minutes in range(10, 17)]
    with pytest.raises(HTTPException, match="at most 6 different breaks"):
        wishes_of(request(friends=friends), VENUE, NOW)


def a_plan(visitor: str, name: str, **fields: Any) -> ItineraryPlan:
    return ItineraryPlan(event_id=name, visitor=visitor, time=NOW, day=NOW.date(), reachable=True, **fields)


def forgotten(visitor: str) -> ItineraryWishes:
    return ItineraryWishes(visitor=visitor, day=NOW.date(), begin=NOW, end=NOW, origin="gate", forget=True)


def test_last_offer_is_kept_for_its_plan_until_the_next_plan_or_forgetting() -> None:
    view, visitor, plan = PlanView(), ListenerId("v1"), EventId("p1")
    for record in (a_plan("v1", "p1"), *(a_plan("v1", name, offer=True, replaces="p1") for name in ("o1", "o2"))):
        view.apply(record, 0)
    found = view.offer(visitor, plan)
    assert found is not None
    assert found.event_id == "o2"
    assert view.offer(ListenerId("v2"), plan) is None
    assert view.offer(visitor, EventId("p0")) is None
    view.apply(forgotten("v1"), 0)
    assert view.offer(visitor, plan) is None
    view.apply(a_plan("v1", "o3", offer=True, replaces="p1"), 0)
    view.apply(a_plan("v1", "p2"), 0)
    assert view.offer(visitor, plan) is None


def test_offers_of_the_day_before_are_dropped() -> None:
    view = PlanView()
    view.apply(a_plan("v1", "o1", offer=True, replaces="p1"), 0)
    late = msgspec.structs.replace(a_plan("v2", "o2", offer=True, replaces="p2"), time=NOW + timedelta(days=2))
    view.apply(late, 0)
    assert view.offer(ListenerId("v1"), EventId("p1")) is None
    assert view.offer(ListenerId("v2"), EventId("p2")) == late
