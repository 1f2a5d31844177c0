"""Tests of turns by priority: everybody has a frame, gates have most, and how long the others wait is bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from schemas.cameras import CameraPriority, CameraSettings
from schemas.ids import CameraId
from stream.features.cameras.camera_plan import BASE_INTERVAL_SECONDS, base_intervals, share_by_priority
from stream.features.cameras.camera_turns import CameraTurns
from stream.features.cameras.frame_selection import LiveFrameSelection

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def analyzed_times(
    cameras: dict[CameraId, CameraPriority], capacity: float, seconds: float
) -> dict[CameraId, list[float]]:
    """Return the times of the frames of each camera that were analyzed, all cameras with 8 frames/s.

    The worker judges frames as they come, and analyzes the admitted ones in order at its speed.
    """
    selection = LiveFrameSelection(cameras)
    times: dict[CameraId, list[float]] = {camera: [] for camera in cameras}
    free_at = 0.0
    for tick in range(round(seconds * 8)):
        for index, camera in enumerate(cameras):
            second = (tick + index / len(cameras)) / 8
            # Kafka holds what comes while the buffer is full: it is judged when there is room again.
            now = AT + timedelta(seconds=max(second, free_at - 0.25))
            wait = selection.admit(camera, AT + timedelta(seconds=second), now, is_last=False)
            if wait is not None:
                free_at = max(second, free_at) + 1 / capacity
                selection.turns.add_analyzed(timedelta(seconds=free_at - second))
                times[camera].append(second)
    return times


def longest_wait(times: list[float], after: float, end: float) -> float:
    moments = [after, *(time for time in times if after < time < end), end]
    return max(after - before for before, after in pairwise(moments))


def cameras_of(high: int, normal: int, low: int) -> dict[CameraId, CameraPriority]:
    counts: dict[CameraPriority, int] = {"high": high, "normal": normal, "low": low}
    return {CameraId(f"{priority}-{number}"): priority for priority, count in counts.items() for number in range(count)}


def test_hundred_cameras_are_seen_every_two_seconds_at_60_frames() -> None:
    times = analyzed_times(cameras_of(4, 86, 10), 66, 90)
    waits = [longest_wait(moments, 40, 88) for moments in times.values()]
    assert sorted(waits)[len(waits) // 2] <= 2.25
    assert max(waits) <= 4.0, "with the wait of a turn in which the capacity was overestimated"
    assert sum(map(len, times.values())) / 90 >= 0.95 * 60, "the capacity is used"


@pytest.mark.parametrize("capacity", [10, 20, 40])
def test_priorities_decide_and_nobody_starves(capacity: float) -> None:
    cameras = cameras_of(4, 50, 10)
    seconds = 60 + 40 * 64 / capacity
    times = analyzed_times(cameras, capacity, seconds)
    waits = {
        priority: max(longest_wait(times[camera], 30, seconds) for camera in cameras if cameras[camera] == priority)
        for priority in ("high", "normal", "low")
    }
    intervals = base_intervals(0.5 * capacity, [4, 50, 10])
    assert waits["high"] <= 6
    for priority, interval in zip(("high", "normal", "low"), intervals, strict=True):
        assert waits[priority] <= 2 * interval + 6, "a camera waits for its interval, at half of the capacity"


def test_gates_have_every_frame_before_others_have_turns() -> None:
    cameras = cameras_of(2, 30, 0)
    times = analyzed_times(cameras, 50, 90)
    gates = [len([time for time in times[camera] if time > 40]) for camera in cameras if cameras[camera] == "high"]
    others = [len([time for time in times[camera] if time > 40]) for camera in cameras if cameras[camera] == "normal"]
    assert min(gates) > 0.85 * 8 * 50
    assert max(others) < 0.6 * min(gates)
    assert min(others) >= 0.5 * 50 / BASE_INTERVAL_SECONDS


@pytest.mark.parametrize("capacity", [1.0, 10.0, 60.0, 500.0])
@pytest.mark.parametrize("needs", [[0.0, 0.0, 0.0], [100.0, 1.0, 1.0], [1.0, 100.0, 100.0], [50.0, 0.0, 50.0]])
def test_shares_fill_capacity_and_leave_some_to_each(capacity: float, needs: list[float]) -> None:
    shares = share_by_priority(capacity, needs)
    assert sum(shares) == pytest.approx(min(capacity, sum(needs)))
    assert all(0 < share <= need for share, need in zip(shares, needs, strict=True) if need)


def test_priority_follows_from_what_a_camera_shows() -> None:
    line = {"id": "east", "line": [[0.1, 0.5], [0.9, 0.5]], "inwards": [0.5, 0.9]}
    view = {"zone": "front", "polygon": [[0, 0], [1, 0], [1, 1]]}
    assert CameraSettings.model_validate({"id": "a", "views": [view]}).effective_priority == "normal"
    assert CameraSettings.model_validate({"id": "a"}).effective_priority == "low"
    assert CameraSettings.model_validate({"id": "a", "priority": "high"}).effective_priority == "high"
    assert CameraSettings.model_validate({"id": "a", "gates": [line]}).effective_priority == "high"


def test_camera_that_is_off_gives_its_turns_back() -> None:
    turns = CameraTurns(timedelta(seconds=2))
    for second in range(40):
        now = AT + timedelta(seconds=second)
        turns.add_frame(CameraId("gate"), now)
        if second < 10:
            turns.add_frame(CameraId("bar"), now)
    assert turns.cameras == ("gate",)


def test_new_venue_changes_priorities() -> None:
    turns, camera = CameraTurns(timedelta(seconds=2), {CameraId("a"): "low"}), CameraId("a")
    turns.add_frame(camera, AT)
    turns.take({camera: "high"}, {camera: 4.0})
    turns.add_frame(camera, AT + timedelta(seconds=3))
    turns.add_frame(CameraId("b"), AT + timedelta(seconds=30))
    turns.add_frame(CameraId("b"), AT + timedelta(seconds=33))
    assert turns.cameras == ("b",), "the silent camera was found in the rotation of its new priority"


def test_cameras_that_were_all_silent_are_analyzed_as_at_the_start() -> None:
    turns, camera = CameraTurns(timedelta(seconds=2)), CameraId("gate")
    for second in range(0, 60):  # slow: one frame in a second, each of which waited
        turns.add_frame(camera, AT + timedelta(seconds=second))
        turns.add_analyzed(timedelta(seconds=1.9))
    assert turns.is_limited
    for pause in (60, 120, 600):
        for second in (0, 3, 6):
            turns.add_frame(camera, AT + timedelta(seconds=60 + pause + second))
            turns.add_analyzed(timedelta(0))
            assert not turns.is_limited and turns.has_turn(camera)
