"""Faults of `make faults`: half an hour of one fault after the other under steady load on all workers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stream.features import registry
from tests.faults.breaking import WallClock, fill, kill_at_random, small_disk, stood_still, stop_for
from tests.faults.conftest import Open
from tests.faults.festival import Finding

pytestmark = [pytest.mark.faults, pytest.mark.stack, pytest.mark.timeout(1500)]

QUICK = ("bars", "support", "vision", "alerts")
"""Workers without music, whose start takes longer than that of all others."""

Judge = Callable[[Finding], None]
Say = Callable[[str], None]


def test_events_count_once_after_a_hundred_kills(open_festival: Open, judge: Judge, say: Say, seed: int) -> None:
    festival = open_festival(*registry.workers())
    with festival.load():
        watchman = kill_at_random(
            festival.stack, registry.workers(), 100, random.Random(seed), between=(1.0, 3.0), say=say
        )
        ended = time.monotonic()
    judge(festival.settle("100 SIGKILLs over all workers", ended, ready=watchman.seconds))


@pytest.mark.parametrize(("server", "kill"), [("kafka", False), ("kafka", True), ("redis", False), ("redis", True)])
def test_events_count_once_after_server_outage(
    open_festival: Open, judge: Judge, say: Say, server: str, kill: bool
) -> None:
    festival = open_festival(*registry.workers())
    with festival.load():
        time.sleep(10)
        say(f"{server} stops")
        start = stop_for(festival.stack, server, 60, kill=kill)
        ended = time.monotonic()
        say(f"{server} is back")
    name = {"kafka": "broker", "redis": "Redis"}[server]
    how = "killed, and away for 60 s" if kill else "stopped for 60 s"
    judge(festival.settle(f"{name} {how}", ended, notes=[f"{name} itself took {start:.1f} s to start."]))


def test_events_count_once_after_full_disk(open_festival: Open, judge: Judge, say: Say, tmp_path: Path) -> None:
    """Return the folders of Kafka's log, Redis's file and the logs of the stack."""
    try:
        disk = small_disk(tmp_path / "small", megabytes=400)
        folder = disk.__enter__()
    except PermissionError as error:
        pytest.skip(f"no file system can be mounted here, which takes root: {error}")
    try:
        festival = open_festival(*registry.workers(), data=folder)
        with festival.load():
            time.sleep(10)
            filled = fill(folder)
            say("the disk is full")
            time.sleep(45)
            filled.unlink()
            ended = time.monotonic()
            say("there is room again")
        starts = {name: child.starts - 1 for name, child in festival.stack.children.items() if child.starts > 1}
        again = ", ".join(f"{name} {times}" for name, times in starts.items()) or "nothing"
        judge(festival.settle("disk full for 45 s", ended, notes=[f"started again by the supervisor: {again}."]))
        festival.stack.stop()
    finally:
        disk.__exit__(None, None, None)


def test_events_count_once_after_worker_clock_jump(open_festival: Open, judge: Judge, say: Say, tmp_path: Path) -> None:
    try:
        clock = WallClock(tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    festival = open_festival(*QUICK, environment=clock.environment)
    with festival.load():
        for hours in (2, -2, 26, 0):
            time.sleep(15)
            say(f"the workers' clock is {hours:+d} h off")
            clock.jump(3600 * hours)
        ended = time.monotonic()
        time.sleep(5)
    judge(festival.settle("workers' wall clock +2 h, -2 h, +26 h, right again", ended))


def test_events_count_once_after_source_clock_jump(open_festival: Open, judge: Judge) -> None:
    """Apply clock offsets for half a minute each: 0, +5 min, −3 h, +3 days, 0."""
    offsets = (timedelta(0), timedelta(minutes=5), timedelta(hours=-3), timedelta(days=3), timedelta(0))

    def offset(tick: int) -> timedelta:
        return offsets[min(tick // 300, len(offsets) - 1)]

    def wrong(tick: int, moment: datetime) -> datetime:
        return moment + offset(tick)

    festival = open_festival("bars", "support", "alerts")
    with festival.load(wrong, lambda tick: offset(tick) >= timedelta(days=3)):
        time.sleep(300 * len(offsets) * 0.05)
        ended = time.monotonic()
    judge(festival.settle("clocks of tills and mail +5 min, -3 h, +3 days, right again", ended))


def test_events_count_once_after_two_joins_and_a_leave(open_festival: Open, judge: Judge, say: Say) -> None:
    festival = open_festival(*QUICK)
    stack = festival.stack
    with festival.load():
        for _ in range(2):
            for worker in QUICK:
                say(f"{stack.join(worker)} joined")
        time.sleep(5)
        for worker in QUICK:
            stack.halt(worker)
            say(f"{worker} left")
        ended = time.monotonic()
        time.sleep(10)
    judge(festival.settle("two workers of each of four kinds joined, and the first left", ended))


def test_events_count_once_after_paused_worker_loses_partition(open_festival: Open, judge: Judge, say: Say) -> None:
    """Resume a worker within a batch whose partition was reassigned meanwhile, then kill the new owner."""
    shared = ("bars", "support", "alerts")
    festival = open_festival(*shared)
    stack = festival.stack
    with festival.load(every=0.02):
        others = [stack.join(worker) for worker in shared]
        for turn in range(4):
            for worker, other in zip(shared, others, strict=True):
                still = worker if turn % 2 == 0 else other
                with stood_still(stack.children[still]):
                    time.sleep(10)
            say(f"turn {turn + 1} of 4")
        for other in others:
            stack.kill(other)
        ended = time.monotonic()
        time.sleep(5)
    judge(festival.settle("each worker stood still for 10 s, four times, and its partitions moved", ended))
