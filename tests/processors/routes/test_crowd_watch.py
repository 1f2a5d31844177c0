"""Watch of crowded zones: when the paths through a zone become crowded, and when they are free again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.routes.crowd_watch import HOLD, RAISE_AFTER, CrowdWatch
from processors.routes.zone_paths import paths_through_zones
from schemas.crowd import CrowdCount, Level, ZoneCount
from schemas.routes import CROWD_WATCH, PATHS
from schemas.venue import Venue, venue_type

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def place(name: str, x: float, y: float) -> dict[str, Any]:
    return {"id": name, "name_es": name, "name_en": name, "kind": "junction", "x_m": x, "y_m": y}


def camera(name: str, *zones: str) -> dict[str, Any]:
    return {"id": name, "views": [{"zone": zone, "polygon": WHOLE} for zone in zones]}


def venue(**fields: Any) -> Venue:
    paths: dict[str, Any] = {
        "places": [place("west", -20, 5), place("front", 5, 5), place("east", 30, 5), place("north", 5, 40)],
        "paths": [
            {"start": "west", "end": "front", "metres": 25},
            {"start": "front", "end": "east", "metres": 25},
            {"start": "west", "end": "north", "metres": 45},
        ],
        **fields.pop("paths", {}),
    }
    return venue_type([PATHS]).model_validate({
        "name": "Test",
        "zones": [{"id": "front", "title": "Pit", "area_m2": 100, "capacity": 400}],
        "cameras": [camera("left", "front"), camera("right", "front")],
        "paths": paths,
        **fields,
    })  # fmt: skip


def count(
    level: Level | None, seconds: float, *, camera: str = "left", persons: float = 50, blind: str | None = None
) -> CrowdCount:
    part = ZoneCount(zone="front", persons=persons, level_of_service=level)
    return CrowdCount(
        event_id="e", camera=camera, time=AT + timedelta(seconds=seconds), persons=None if blind else persons,
        zones=() if blind else (part,), blind=blind, model="m",
    )  # fmt: skip


def published(watch: CrowdWatch, counts: Iterable[CrowdCount]) -> list[tuple[float, str, str]]:
    """Return seconds, condition and the path's other end of all that is published."""
    found = []
    for one in counts:
        watch.add_count(one)
        for state in tuple(watch.changes(one)):
            assert (state.by, state.note) == (CROWD_WATCH, "Pit")
            watch.closures.add(state)
            found.append(
                ((one.time - AT).total_seconds(), state.state, next(iter({state.start, state.end} - {"front"})))
            )
    return found


def levels(level: Level | None, begin: float, end: float, **fields: Any) -> list[CrowdCount]:
    return [count(level, second, **fields) for second in range(round(begin), round(end))]


CROWDED = [(10, "crowded", "west"), (10, "crowded", "east")]
FREE = [("open", "west"), ("open", "east")]


def test_crowded_zone_makes_its_paths_crowded_after_the_delay() -> None:
    assert published(CrowdWatch(venue()), levels("E", 0, 20)) == CROWDED


def test_full_zone_is_crowded_at_any_density() -> None:
    assert published(CrowdWatch(venue()), levels(None, 0, 20, persons=400)) == CROWDED


@pytest.mark.parametrize("level", ["D", "C"])
def test_dense_zone_below_the_level_is_not_crowded(level: Level) -> None:
    assert published(CrowdWatch(venue()), levels(level, 0, 100)) == []


def test_short_crowd_changes_nothing() -> None:
    watch = CrowdWatch(venue())
    assert published(watch, [*levels("E", 0, 9), count("D", 9), *levels("E", 10, 19)]) == []


def test_crowded_zone_is_free_two_levels_lower_and_later() -> None:
    watch = CrowdWatch(venue())
    published(watch, levels("E", 0, 20))
    assert published(watch, levels("D", 20, 200)) == []
    found = published(watch, levels("C", 200, 300))
    assert [(state, end) for _, state, end in found] == FREE
    assert {second for second, _, _ in found} == {260}


def test_blind_camera_is_no_evidence_of_a_free_zone() -> None:
    watch = CrowdWatch(venue())
    published(watch, levels("E", 0, 20))
    assert published(watch, levels(None, 20, 500, blind="black")) == []
    assert published(watch, levels("A", 500, 700)) != []


def test_blind_camera_keeps_its_zone_crowded_though_another_is_free() -> None:
    watch = CrowdWatch(venue())
    published(watch, levels("E", 0, 20))
    both = [one for second in range(20, 400)
            for one in (count(None, second, blind="black"), count("A", second, camera="right"))]  # fmt: skip
    assert published(watch, both) == []


def test_zone_that_nobody_sees_any_more_is_not_called_crowded_for_ever() -> None:
    watch = CrowdWatch(venue())
    published(watch, levels("E", 0, 20))
    found = published(watch, levels(None, 20, 20 + HOLD.total_seconds() + 100, blind="black"))
    assert [(state, end) for _, state, end in found] == FREE


def test_gap_begins_the_delay_anew() -> None:
    watch = CrowdWatch(venue())
    assert published(watch, [count("E", 0), count("E", 50)]) == []
    assert published(watch, levels("E", 51, 70)) != []


def test_restart_does_not_open_before_the_delay() -> None:
    before, after = CrowdWatch(venue()), CrowdWatch(venue())
    for one in levels("E", 0, 20):
        before.add_count(one)
        for state in tuple(before.changes(one)):
            before.closures.add(state)
            after.closures.add(state)
    assert published(after, levels("A", 20, 79)) == []
    assert {state for _, state, _ in published(after, levels("A", 79, 90))} == {"open"}


def test_unpublished_change_is_published_with_the_next_count() -> None:
    watch = CrowdWatch(venue())
    for one in levels("E", 0, 20):
        watch.add_count(one)
    assert [state for _, state, _ in published(watch, [count("E", 21)])] == ["crowded", "crowded"]


@pytest.mark.parametrize(("level", "raises"), [("D", True), (None, False)])
def test_venue_file_says_from_which_level(level: str | None, raises: bool) -> None:
    watch = CrowdWatch(venue(paths={"crowded_from": level}))
    assert watch.is_idle is (level is None)
    assert bool(published(watch, levels("D", 0, RAISE_AFTER.total_seconds() + 5))) is raises


def test_outline_on_the_plan_decides_which_paths_lead_through() -> None:
    assert paths_through_zones(venue()) == {"front": (("west", "front"), ("front", "east"))}
    plan = {"zones": {"front": [[-15, 0], [6, 0], [6, 10], [-15, 10]]}}
    assert paths_through_zones(venue(plan=plan)) == {"front": (("west", "front"),)}
