"""Posts of a set by minute: late and repeated ones, and bounded memory; crowd, sales and sound of stages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.moments import minutes
from processors.moments.minutes import SetMoments
from processors.moments.surroundings import MAX_MINUTES, StageSurroundings
from schemas.crowd import CrowdCount, ZoneCount
from schemas.moments import PostLink
from schemas.venue import Venue

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


def make_link(number: int, minute: float, likes: int = 0) -> PostLink:
    return PostLink(
        event_id=f"l{number}", post=f"p{number}", set="a", stage="main", time=AT + timedelta(minutes=minute),
        chance=0.9, sentiment="positive", shares=1, photos=2, likes=likes, excerpt=f"text {number}",
    )  # fmt: skip


def test_minute_adds_reactions_and_keeps_the_best_excerpt() -> None:
    state = SetMoments()
    state.add(make_link(1, 0.1, likes=5), 0)
    (minute,) = state.add(make_link(2, 0.9, likes=2), 1)
    assert (minute.posts, minute.shares, minute.photos, minute.likes, minute.positive) == (2, 2, 4, 7, 2)
    assert (minute.time, minute.excerpt) == (AT, "text 1")


def test_late_post_counts_in_its_own_minute() -> None:
    state = SetMoments()
    state.add(make_link(1, 0), 0)
    state.add(make_link(2, 1), 1)
    late = state.add(make_link(3, 0.5), 2)
    assert [(one.time, one.posts) for one in late] == [(AT, 2), (AT + timedelta(minutes=1), 1)]


def test_repeated_post_and_repeated_offset_count_once() -> None:
    state = SetMoments()
    state.add(make_link(1, 0), 0)
    assert state.add(make_link(1, 0), 1) == []
    assert state.add(make_link(2, 0), 1) == []
    assert state.minutes[int(AT.timestamp()) // 60].posts == 1


def test_memory_of_a_set_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minutes, "MAX_MINUTES", 10)
    monkeypatch.setattr(minutes, "RECENT_POSTS", 5)
    state = SetMoments()
    for number in range(40):
        state.add(make_link(number, number), number)
    assert len(state.minutes) == 10
    assert len(state.recent) == 5 * minutes.DIGEST_BYTES
    assert state.add(make_link(99, 3), 99) == []


def test_burst_counts_once() -> None:
    state = SetMoments()
    number = 0
    for minute in range(20):
        for _ in range(2 if minute < 19 else 20):
            state.add(make_link(number, minute), number)
            number += 1
    assert state.bursts == 1


def test_stage_has_the_crowd_of_its_zone_and_sales_of_its_bars() -> None:
    venue = Venue.model_validate({
        "name": "Test", "zones": [{"id": "front", "capacity": 100, "area_m2": 50}],
        "stages": [{"id": "main", "zone": "front"}],
        "bars": [{"id": "north", "zone": "front", "products": [{"id": "beer"}]}],
    })  # fmt: skip
    around = StageSurroundings(venue)
    count = CrowdCount(
        event_id="c", camera="cam", time=AT, persons=30, zones=(ZoneCount(zone="front", persons=30),), model="m"
    )
    assert around.add_crowd(count) == {"main"}
    assert around.add_sale("north", AT, 3) == {"main"}
    assert around.add_sale("moon", AT, 3) == set()
    found = around.at("main", int(AT.timestamp()) // 60)
    assert found is not None
    assert (found.crowd, found.units, found.mean_power) == (30, 3, None)
    for minute in range(MAX_MINUTES + 5):
        around.add_sale("north", AT + timedelta(minutes=minute), 1)
    assert around.at("main", int(AT.timestamp()) // 60) is None
