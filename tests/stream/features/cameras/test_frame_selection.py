"""Tests of frame selection under overload: old frames are dropped, of every camera alike."""

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


def play(
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
    live, clock = LiveFrameSelection(), 0.0
    analyzed: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    waited = []
    while waiting:
        now = AT + timedelta(seconds=clock)
        batch = [one for one in waiting[:16] if one.envelope.received <= now]
        if not batch:
            clock += 0.01
            continue
        del waiting[: len(batch)]
        chosen, left = live.choose(batch, now)
        analyzed.update(one.key for one in chosen)
        dropped.update(one.key for one in left)
        waited += [(now - one.envelope.received).total_seconds() for one in chosen]
        for one in chosen if times is not None else ():
            times.setdefault(one.key, []).append((one.envelope.received - AT).total_seconds())
        clock += len(chosen) / frames_per_second + 0.0004 * len(batch)
    return analyzed, dropped, waited


def test_no_frame_is_dropped_while_worker_keeps_up() -> None:
    analyzed, dropped, waited = play(8, 80, 10)
    assert (sum(analyzed.values()), sum(dropped.values())) == (640, 0)
    assert max(waited) < 1


@pytest.mark.parametrize(("cameras", "capacity"), [(32, 50), (32, 10), (60, 50), (1, 3)])
def test_overload_keeps_frames_live_and_cameras_equal(cameras: int, capacity: float) -> None:
    seconds = 40 + round(5 * 2.5 * 8 * cameras / capacity)  # several turns of every camera
    analyzed, dropped, waited = play(cameras, capacity, seconds)
    assert sum(dropped.values()) > 0
    assert sum(analyzed.values()) + sum(dropped.values()) == cameras * seconds * 8
    assert sum(analyzed.values()) > 0.6 * capacity * seconds, "most of the capacity is used"
    assert max(waited) < 2 + 2 * cameras / capacity + 16 / capacity
    assert min(analyzed.values()) >= 0.5 * max(analyzed.values()) - 2


@pytest.mark.parametrize(("cameras", "capacity"), [(32, 50), (32, 100), (12, 30)])
def test_overload_gives_each_camera_turns_of_consecutive_frames(cameras: int, capacity: float) -> None:
    times: dict[str, list[float]] = {}
    play(cameras, capacity, 120, times)
    scored = {camera: scored_seconds(moments, after=20) for camera, moments in times.items()}
    assert len(scored) == cameras
    assert min(scored.values()) >= 0.5 * max(scored.values()), "equal for every camera"
    assert sum(scored.values()) > 0.4 * capacity / 8 * 100, (
        "nearly half of the capacity goes into frames that are scored"
    )
    waits = [max(np.diff(moments)) for moments in times.values()]
    assert max(waits) < 2.5 * (2.5 * 8 * cameras / (capacity * 2.5) + 2), "no camera waits for long"


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
    live = LiveFrameSelection()
    for tick in range(400):  # frames are late for 15 s, then in time
        late = 3.0 if tick < 120 else 0.0
        for camera in range(20):
            moment = AT + timedelta(seconds=tick / 8)
            one = frame(f"camera-{camera}", tick / 8)
            analyzed, dropped = live.choose([one], moment + timedelta(seconds=late))
            if tick > 360:
                assert analyzed and not dropped


def test_backlog_is_skipped() -> None:
    live = LiveFrameSelection()
    batch = [frame("gate", second) for second in range(600)]
    analyzed, dropped = live.choose(batch, AT + timedelta(seconds=600))
    assert len(analyzed) <= 14, "each step skips half of the rest"
    assert len(analyzed) + len(dropped) == 600
    fresh, none = live.choose([frame("gate", 599.5)], AT + timedelta(seconds=600))
    assert len(fresh) == 1 and not none


@pytest.mark.parametrize("hours", [2, -2, 26])
def test_frames_are_analyzed_after_clock_jump(hours: int) -> None:
    live = LiveFrameSelection()
    jumped = timedelta(hours=hours)
    for tick in range(80):
        one, now = frame("gate", tick / 8), AT + timedelta(seconds=tick / 8)
        analyzed, _ = live.choose([one], now + (jumped if 24 <= tick < 56 else timedelta(0)), lambda _: True)
        assert analyzed, f"frame {tick}"


def test_backlog_is_skipped_despite_clock_skew() -> None:
    live, wrong = LiveFrameSelection(), timedelta(hours=2)
    live.choose([frame("gate", 0)], AT + wrong, lambda _: True)
    batch = [frame("gate", second) for second in range(1, 600)]
    analyzed, dropped = live.choose(batch, AT + timedelta(seconds=600) + wrong, lambda one: one is batch[-1])
    assert 5 < len(analyzed) <= 15
    assert len(dropped) > 580


def test_frame_is_analyzed_after_clock_is_set_back() -> None:
    live = LiveFrameSelection()
    live.choose([frame("gate", 1000)], AT + timedelta(seconds=1000))
    analyzed, _ = live.choose([frame("gate", 0)], AT + timedelta(seconds=100))
    assert len(analyzed) == 1
