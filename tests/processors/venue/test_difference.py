"""Differences of two venue files, conflicts, and the processes that they concern."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from processors.venue.consequences import consequences
from processors.venue.difference import ABSENT, Change, Entry, conflicts, differences

VENUE: dict[str, Any] = {
    "name": "Pulso",
    "zones": [{"id": "front", "capacity": 300}, {"id": "gate", "capacity": 180}],
    "cameras": [{"id": "left", "views": [{"zone": "front", "polygon": [[0, 0], [1, 0], [1, 1]]}]}],
    "plan": None,
}


def changed(**fields: Any) -> dict[str, Any]:
    return deepcopy(VENUE) | fields


def test_equal_contents_have_no_difference() -> None:
    assert differences(VENUE, deepcopy(VENUE)) == []
    assert differences({"area": 1}, {"area": 1.0}) == []


def test_entries_are_compared_by_their_ids_in_any_order() -> None:
    after = changed(zones=[{"id": "gate", "capacity": 200}, {"id": "front", "capacity": 300}])
    assert differences(VENUE, after) == [Change(("zones", Entry("id", "gate"), "capacity"), 180, 200)]


def test_polygon_is_one_value_of_the_view_of_its_zone() -> None:
    polygon = [[0, 0], [1, 0], [0.5, 1]]
    after = changed(cameras=[{"id": "left", "views": [{"zone": "front", "polygon": polygon}]}])
    (change,) = differences(VENUE, after)
    assert change.path == ("cameras", Entry("id", "left"), "views", Entry("zone", "front"), "polygon")
    assert change.after == polygon and change.kind == "changed"


def test_added_and_removed_fields_differ_from_empty_ones() -> None:
    after = changed(capacity=None)
    del after["plan"]
    assert differences(VENUE, after) == [Change(("plan",), None, ABSENT), Change(("capacity",), ABSENT, None)]
    assert [change.kind for change in differences(VENUE, after)] == ["removed", "added"]
    assert differences({"on": True}, {"on": 1}) == [Change(("on",), True, 1)]


def test_entries_without_unique_ids_are_one_value() -> None:
    before, after = [{"id": "a"}, {"id": "a"}], [{"id": "a"}]
    assert differences(before, after) == [Change((), before, after)]


def test_people_who_change_different_parts_do_not_conflict() -> None:
    mine = differences(VENUE, changed(zones=[{"id": "front", "capacity": 250}, {"id": "gate", "capacity": 180}]))
    theirs = differences(VENUE, changed(zones=[{"id": "front", "capacity": 300}, {"id": "gate", "capacity": 99}]))
    assert conflicts(mine, theirs) == []


def test_change_of_a_removed_entry_conflicts_with_both_sides() -> None:
    mine = differences(VENUE, changed(zones=[{"id": "front", "capacity": 250}, {"id": "gate", "capacity": 180}]))
    theirs = differences(VENUE, changed(zones=[{"id": "gate", "capacity": 180}]))
    (conflict,) = conflicts(mine, theirs)
    assert conflict.mine.after == 250
    assert conflict.theirs.after is ABSENT


def test_consequences_name_only_the_processes_that_read_the_field() -> None:
    camera = ("cameras", Entry("id", "left"))
    assert [(one.process, one.live) for one in consequences([Change((*camera, "url"), "a", "b")])] == [
        ("sources", False)
    ]
    new_camera = consequences([Change(camera, ABSENT, {"id": "left"})])
    assert {one.process for one in new_camera if not one.live} == {"sources", "alerts", "console"}
    assert [one.process for one in consequences([Change(("name",), "a", "b")])] == ["console", "workers"]
