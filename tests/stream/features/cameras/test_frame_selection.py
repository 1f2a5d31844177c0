"""What is dropped when there are more frames than the worker can look at: old ones, of every camera alike."""

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
    cameras: int, looks_per_second: float, seconds: float, times: dict[str, list[float]] | None = None
) -> tuple[Counter[str], Counter[str], list[float]]:
    """Frames looked at and dropped by camera, how long each that was looked at had waited, and when those came."""
    waiting = [frame(f"camera-{c}", t / 8 + c / 8 / cameras) for t in range(int(seconds * 8)) for c in range(cameras)]
    live, clock = LiveFrameSelection(), 0.0
    looked: Counter[str] = Counter()
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
        looked.update(one.key for one in chosen)
        dropped.update(one.key for one in left)
        waited += [(now - one.envelope.received).total_seconds() for one in chosen]
        for one in chosen if times is not None else ():
            times.setdefault(one.key, []).append((one.envelope.received - AT).total_seconds())
        clock += len(chosen) / looks_per_second + 0.0004 * len(batch)
    return looked, dropped, waited


def test_nothing_is_dropped_while_the_worker_keeps_up() -> None:
    looked, dropped, waited = play(8, 80, 10)
    assert (sum(looked.values()), sum(dropped.values())) == (640, 0)
    assert max(waited) < 1


@pytest.mark.parametrize(("cameras", "looks"), [(32, 50), (32, 10), (60, 50), (1, 3)])
def test_overloaded_it_stays_live_and_treats_cameras_alike(cameras: int, looks: float) -> None:
    seconds = 40 + round(5 * 2.5 * 8 * cameras / looks)  # several turns of every camera
    looked, dropped, waited = play(cameras, looks, seconds)
    assert sum(dropped.values()) > 0
    assert sum(looked.values()) + sum(dropped.values()) == cameras * seconds * 8
    assert sum(looked.values()) > 0.6 * looks * seconds, "most of the time goes into looking"
    assert max(waited) < 2 + 2 * cameras / looks + 16 / looks
    assert min(looked.values()) >= 0.5 * max(looked.values()) - 2


@pytest.mark.parametrize(("cameras", "looks"), [(32, 50), (32, 100), (12, 30)])
def test_overloaded_every_camera_has_its_turn_with_frames_close_enough_to_see_a_fight(
    cameras: int, looks: float
) -> None:
    times: dict[str, list[float]] = {}
    play(cameras, looks, 120, times)
    seen = {camera: scored_seconds(moments, after=20) for camera, moments in times.items()}
    assert len(seen) == cameras
    assert min(seen.values()) >= 0.5 * max(seen.values()), "the same for every camera"
    assert sum(seen.values()) > 0.4 * looks / 8 * 100, "nearly half of the time goes into frames that are scored"
    waits = [max(np.diff(moments)) for moments in times.values()]
    assert max(waits) < 2.5 * (2.5 * 8 * cameras / (looks * 2.5) + 2), "and no one waits for long"


def scored_seconds(moments: list[float], after: float) -> float:
    """Seconds, after so many, in which the violence network is warm: frames close together for 0.75 s and more."""
    total, since = 0.0, moments[0]
    for before, moment in pairwise(moments):
        if moment - before > 0.3:
            since = moment
        elif moment - since > 0.75 and moment > after:
            total += moment - before
    return total


def test_when_it_is_fast_enough_again_all_are_looked_at() -> None:
    live = LiveFrameSelection()
    for tick in range(400):  # fifteen seconds in which frames come late, then as many as it takes
        late = 3.0 if tick < 120 else 0.0
        for camera in range(20):
            moment = AT + timedelta(seconds=tick / 8)
            one = frame(f"camera-{camera}", tick / 8)
            looked, dropped = live.choose([one], moment + timedelta(seconds=late))
            if tick > 360:
                assert looked and not dropped


def test_a_backlog_is_stepped_over() -> None:
    live = LiveFrameSelection()
    batch = [frame("gate", second) for second in range(600)]
    looked, dropped = live.choose(batch, AT + timedelta(seconds=600))
    assert len(looked) <= 14, "each step covers half of what is left"
    assert len(looked) + len(dropped) == 600
    fresh, none = live.choose([frame("gate", 599.5)], AT + timedelta(seconds=600))
    assert len(fresh) == 1 and not none


@pytest.mark.parametrize("hours", [2, -2, 26])
def test_a_worker_whose_clock_jumps_goes_on_looking(hours: int) -> None:
    live = LiveFrameSelection()
    jumped = timedelta(hours=hours)
    for tick in range(80):
        one, now = frame("gate", tick / 8), AT + timedelta(seconds=tick / 8)
        looked, _ = live.choose([one], now + (jumped if 24 <= tick < 56 else timedelta(0)), lambda _: True)
        assert looked, f"frame {tick}"


def test_a_backlog_is_dropped_though_the_clocks_differ() -> None:
    live, wrong = LiveFrameSelection(), timedelta(hours=2)
    live.choose([frame("gate", 0)], AT + wrong, lambda _: True)
    batch = [frame("gate", second) for second in range(1, 600)]
    looked, dropped = live.choose(batch, AT + timedelta(seconds=600) + wrong, lambda one: one is batch[-1])
    assert 5 < len(looked) <= 15
    assert len(dropped) > 580


def test_a_clock_set_back_is_no_reason_to_drop() -> None:
    live = LiveFrameSelection()
    live.choose([frame("gate", 1000)], AT + timedelta(seconds=1000))
    looked, _ = live.choose([frame("gate", 0)], AT + timedelta(seconds=100))
    assert len(looked) == 1
