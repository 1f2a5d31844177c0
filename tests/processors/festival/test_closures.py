"""States of paths: what people say, and what the watch of crowded zones says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.festival.closures import Closures
from schemas.routes import CROWD_WATCH, PathCondition, PathState

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
ENDS = ("gate", "square")


def state(condition: PathCondition, seconds: float = 0, by: str = "ana") -> PathState:
    return PathState(start="gate", end="square", time=AT + timedelta(seconds=seconds), state=condition, by=by)


def watched(condition: PathCondition, seconds: float = 0) -> PathState:
    return state(condition, seconds, CROWD_WATCH)


@pytest.mark.parametrize("states", [
    [state("closed"), watched("crowded", 5), watched("open", 9)],
    [watched("crowded", 5), state("closed"), watched("open", 9)],
    [watched("open", 9), state("closed")],
])  # fmt: skip
def test_watch_never_opens_what_people_closed(states: list[PathState]) -> None:
    closures = Closures()
    for one in states:
        closures.add(one)
    assert closures.closed_paths == {ENDS}
    assert closures.crowded_paths == frozenset()


def test_watch_adds_to_what_people_opened_before() -> None:
    closures = Closures()
    closures.add(state("open"))
    assert closures.add(watched("crowded", 5))
    assert closures.crowded_paths == {ENDS}
    assert not closures.add(watched("crowded", 6))
    assert closures.watched("square", "gate") == "crowded"


def test_path_that_people_open_after_the_watch_is_open() -> None:
    closures = Closures()
    closures.add(watched("crowded"))
    assert closures.add(state("open", 5))
    assert closures.crowded_paths == frozenset()
    closures.add(watched("open", 60))
    assert closures.add(watched("crowded", 90))
    assert closures.crowded_paths == {ENDS}


def test_watch_does_not_end_what_people_call_crowded() -> None:
    closures = Closures()
    closures.add(state("crowded"))
    assert not closures.add(watched("open", 5))
    assert closures.crowded_paths == {ENDS}
    assert not closures.add(state("open", -5))
