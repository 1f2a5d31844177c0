"""Attendance: each crossing counts once, never negative, corrected by hand, reconciled with the zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.attendance.attendance import AttendanceState
from schemas.attendance import AttendanceChange, AttendanceKind

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


def change(kind: AttendanceKind, second: float, **values: Any) -> AttendanceChange:
    by = values.pop("by", "east")
    return AttendanceChange(id=f"{kind}-{by}-{second}", kind=kind, time=AT + timedelta(seconds=second), by=by, **values)


def state_after(*changes: AttendanceChange) -> AttendanceState:
    attendance = AttendanceState()
    for number, change in enumerate(changes):
        attendance.apply(change, number)
    return attendance


def test_occupancy_sums_gates() -> None:
    state = state_after(
        change("crossing", 5, entered=40.5, left=0.5), change("crossing", 10, entered=3, left=1, by="west")
    )
    occupancy = state.occupancy("e", AT)
    assert occupancy.persons == 42 and occupancy.entered == 43.5 and occupancy.left == 1.5
    assert {gate.gate: gate.entered for gate in occupancy.gates} == {"east": 40.5, "west": 3}


def test_repeated_change_is_ignored() -> None:
    first = change("crossing", 5, entered=40.0, since=AT)
    state = state_after(first)
    before = msgspec.to_builtins(state)
    assert not state.apply(first, 0), "the same offset"
    assert not state.apply(first, 1), "the same id, sent twice"
    assert msgspec.to_builtins(state) == before | {"offset": 0}


def test_overlapping_crossings_count_once() -> None:
    state = state_after(change("crossing", 10, entered=40.0, since=AT))
    overlapping = change("crossing", 12, entered=8.0, since=AT + timedelta(seconds=4))
    following = change("crossing", 20, entered=5.0, since=AT + timedelta(seconds=12))
    assert not state.apply(overlapping, 1)
    assert state.apply(following, 2)
    assert state.persons == 45


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["crossing", "correct", "reset", "seen"]),
            st.floats(0, 500),
            st.floats(0, 500),
        ),
        max_size=40,
    )
)
def test_occupancy_is_never_negative(steps: list[tuple[AttendanceKind, float, float]]) -> None:
    attendance = AttendanceState()
    for number, (kind, first, second) in enumerate(steps):
        values: dict[str, Any] = {"entered": first, "left": second} if kind == "crossing" else {"persons": first}
        if kind == "seen":
            values["zone"] = "front"
        attendance.apply(change(kind, 10.0 * number, **values), number)
        occupancy = attendance.occupancy("e", AT)
        assert occupancy.persons >= 0 and occupancy.unexplained >= 0 and occupancy.reconciled >= 0


def test_correction_and_reset_set_occupancy() -> None:
    state = state_after(change("crossing", 5, entered=100), change("correct", 10, persons=120, by="ana"))
    assert state.persons == 120 and state.corrected == 20 and state.occupancy("e", AT).entered == 100
    state.apply(change("reset", 20, persons=7, by="ana"), 2)
    occupancy = state.occupancy("e", AT)
    assert (occupancy.persons, occupancy.entered, occupancy.corrected) == (7, 0, 0)


def test_zone_counts_above_occupancy_raise_it() -> None:
    zone_counts = [change("seen", 10.0 * n, by="c", zone="front", persons=500) for n in range(60)]
    state = state_after(change("crossing", 0, entered=100), *zone_counts)
    assert state.persons == pytest.approx(450, abs=1), "nine tenths, because head counts have errors"
    assert state.reconciled == pytest.approx(350, abs=1)


def test_zone_with_two_cameras_counts_once_until_expiry() -> None:
    state = state_after(
        change("seen", 0, by="c", zone="front", persons=300), change("seen", 1, by="d", zone="front", persons=280)
    )
    assert state.persons_seen((AT + timedelta(seconds=5)).timestamp()) == 300
    assert state.persons_seen((AT + timedelta(seconds=300)).timestamp()) == 0


def test_zone_counts_below_occupancy_do_not_lower_it() -> None:
    zone_counts = [change("seen", 10.0 * n, by="c", zone="front", persons=50) for n in range(60)]
    assert state_after(change("crossing", 0, entered=1000), *zone_counts).persons == 1000
