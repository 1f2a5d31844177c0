"""Tests of frame selection under overload: old frames are dropped, equally for all cameras."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from stream.features.cameras.frame_selection import LiveFrameSelection
from stream.runtime.record import Record

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def frame(camera: str, second: float) -> Record[bytes]:
    received = AT + timedelta(seconds=second)
    envelope = Envelope(f"{camera}-{second}", FRAMES.event_type, "test", received, FRAMES.content_type, received)
    return Record(FRAMES, camera, b"jpeg", b"jpeg", envelope, 0, 0, None)  # type: ignore[arg-type]


def simulate_selection(
    cameras: int, frames_per_second: float, seconds: float, times: dict[str, list[float]] | None = None
) -> tuple[Counter[str], Counter[str], list[float]]:
    """Return the analyzed and dropped frames by camera, and the wait of each analyzed frame, seconds.

    Args:
        cameras: number of cameras, each with 8 frames a second.
        frames_per_second: frames that the worker can analyze.
        seconds: length of the simulation.
        times: receives the reception times of each camera's analyzed frames, seconds.
    """
    waiting = [frame(f"camera-{c}", t / 8 + c / 8 / cameras) for t in range(int(seconds * 8)) for c in range(cameras)]
    selection, clock = LiveFrameSelection(), 0.0
    analyzed: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    waits = []
    while waiting:
        now = AT + timedelta(seconds=clock)
        batch = [record for record in waiting[:16] if record.envelope.received <= now]
        if not batch:
            clock += 0.01
            continue
        del waiting[: len(batch)]
        analyzed_frames, dropped_frames = selection.choose(batch, now)
        analyzed.update(record.key for record in analyzed_frames)
        dropped.update(record.key for record in dropped_frames)
        waits += [(now - record.envelope.received).total_seconds() for record in analyzed_frames]
        for record in analyzed_frames if times is not None else ():
            times.setdefault(record.key, []).append((record.envelope.received - AT).total_seconds())
        clock += len(analyzed_frames) / frames_per_second + 0.0004 * len(batch)
    return analyzed, dropped, waits


def test_no_frame_is_dropped_while_worker_keeps_up() -> None:
    analyzed, dropped, waits = simulate_selection(8, 80, 10)
    assert (sum(analyzed.values()), sum(dropped.values())) == (640, 0)
    assert max(waits) < 1


@pytest.mark.parametrize(("cameras", "capacity"), [(32, 50), (32, 10), (60, 50), (1, 3)])
def test_overload_keeps_frames_live_and_cameras_equal(cameras: int, capacity: float) -> None:
    seconds = 40 + round(5 * 2.5 * 8 * cameras / capacity)  # several turns of every camera
    analyzed, dropped, waits = simulate_selection(cameras, capacity, seconds)
    assert sum(dropped.values()) > 0
    assert sum(analyzed.values()) + sum(dropped.values()) == cameras * seconds * 8
    assert sum(analyzed.values()) > 0.6 * capacity * seconds, "most of the capacity is used"
    assert max(waits) < 2 + 2 * cameras / capacity + 16 / capacity
    assert min(analyzed.values()) >= 0.5 * max(analyzed.values()) - 2


@pytest.mark.parametrize(("cameras", "capacity"), [(32, 50), (32, 100), (12, 30)])
def test_overload_gives_each_camera_turns_of_consecutive_frames(cameras: int, capacity: float) -> None:
    times: dict[str, list[float]] = {}
    simulate_selection(cameras, capacity, 120, times)
    scored = {camera: scored_seconds(moments, after=20) for camera, moments in times.items()}
    assert len(scored) == cameras
    assert min(scored.values()) >= 0.5 * max(scored.values()), "equal for every camera"
    assert sum(scored.values()) > 0.4 * capacity / 8 * 100, (
        "nearly half of the capacity goes into frames that are scored"
    )
    waits = [max(np.diff(moments)) for moments in times.values()]
    assert max(waits) < 2.5 * (2.5 * 8 * cameras / (capacity * 2.5) + 2), "no camera waits too long"


def scored_seconds(moments: list[float], after: float) -> float:
    """Return the seconds after a start with dense frames for 0.75 s, so that the violence network is warm."""
    total, since = 0.0, moments[0]
    for before, moment in pairwise(moments):
        if moment - before > 0.3:
            since = moment
        elif moment - since > 0.75 and moment > after:
            total += moment - before
    return total


def test_all_frames_are_analyzed_after_overload() -> None:
    selection = LiveFrameSelection()
    for tick in range(400):  # frames are late for 15 s, then in time
        late = 3.0 if tick < 120 else 0.0
        for camera in range(20):
            moment = AT + timedelta(seconds=tick / 8)
            record = frame(f"camera-{camera}", tick / 8)
            analyzed, dropped = selection.choose([record], moment + timedelta(seconds=late))
            if tick > 360:
                assert analyzed and not dropped


def test_frame_backlog_is_skipped() -> None:
    selection = LiveFrameSelection()
    batch = [frame("gate", second) for second in range(600)]
    analyzed, dropped = selection.choose(batch, AT + timedelta(seconds=600))
    assert len(analyzed) <= 14, "each step skips half of the rest"
    assert len(analyzed) + len(dropped) == 600
    kept, dropped = selection.choose([frame("gate", 599.5)], AT + timedelta(seconds=600))
    assert len(kept) == 1 and not dropped


@pytest.mark.parametrize("hours", [2, -2, 26])
def test_frames_are_analyzed_after_clock_jump(hours: int) -> None:
    selection = LiveFrameSelection()
    jumped = timedelta(hours=hours)
    for tick in range(80):
        record, now = frame("gate", tick / 8), AT + timedelta(seconds=tick / 8)
        analyzed, _ = selection.choose([record], now + (jumped if 24 <= tick < 56 else timedelta(0)), lambda _: True)
        assert analyzed, f"frame {tick}"


def test_backlog_is_skipped_despite_clock_skew() -> None:
    selection, clock_skew = LiveFrameSelection(), timedelta(hours=2)
    selection.choose([frame("gate", 0)], AT + clock_skew, lambda _: True)
    batch = [frame("gate", second) for second in range(1, 600)]
    analyzed, dropped = selection.choose(
        batch, AT + timedelta(seconds=600) + clock_skew, lambda record: record is batch[-1]
    )
    assert 5 < len(analyzed) <= 15
    assert len(dropped) > 580


def test_frame_is_analyzed_after_clock_is_set_back() -> None:
    selection = LiveFrameSelection()
    selection.choose([frame("gate", 1000)], AT + timedelta(seconds=1000))
    analyzed, _ = selection.choose([frame("gate", 0)], AT + timedelta(seconds=100))
    assert len(analyzed) == 1
