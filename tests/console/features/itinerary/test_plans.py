"""Wishes of requests, without servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fastapi import HTTPException

from console.features.itinerary.plans import PlanRequest, wishes_of
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
