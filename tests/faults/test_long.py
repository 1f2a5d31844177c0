"""Faults of `make faults`: half an hour of one fault after the other under steady load on all workers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stream.features import registry
from tests.faults.conftest import StartFaultRun
from tests.faults.fault_run import FaultResult
from tests.faults.injection import WallClock, fill_disk, kill_at_random, small_disk, stop_for, suspended

pytestmark = [pytest.mark.faults, pytest.mark.stack, pytest.mark.timeout(1500)]

QUICK_WORKERS = ("bars", "support", "vision", "alerts")
"""Workers without music, whose start takes longer than that of all others."""

CheckResult = Callable[[FaultResult], None]
PrintProgress = Callable[[str], None]


def test_events_count_once_after_a_hundred_kills(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress, seed: int
) -> None:
    run = start_fault_run(*registry.workers())
    with run.load():
        downtime = kill_at_random(
            run.stack, registry.workers(), 100, random.Random(seed), between=(1.0, 3.0), print_progress=print_progress
        )
        ended = time.monotonic()
    check_result(run.reconcile("100 SIGKILLs over all workers", ended, ready=downtime.downtimes))


@pytest.mark.parametrize(("server", "kill"), [("kafka", False), ("kafka", True), ("redis", False), ("redis", True)])
def test_events_count_once_after_server_outage(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress, server: str, kill: bool
) -> None:
    run = start_fault_run(*registry.workers())
    with run.load():
        time.sleep(10)
        print_progress(f"{server} stops")
        start_seconds = stop_for(run.stack, server, 60, kill=kill)
        ended = time.monotonic()
        print_progress(f"{server} is back")
    name = {"kafka": "broker", "redis": "Redis"}[server]
    outage = "killed, and away for 60 s" if kill else "stopped for 60 s"
    check_result(
        run.reconcile(f"{name} {outage}", ended, notes=[f"{name} itself took {start_seconds:.1f} s to start."])
    )


def test_events_count_once_after_full_disk(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress, tmp_path: Path
) -> None:
    """Fill the disk that holds Kafka's log, Redis's file and the logs of the stack."""
    try:
        disk = small_disk(tmp_path / "small", megabytes=400)
        folder = disk.__enter__()
    except PermissionError as error:
        pytest.skip(f"no file system can be mounted here, which takes root: {error}")
    try:
        run = start_fault_run(*registry.workers(), data=folder)
        with run.load():
            time.sleep(10)
            filler = fill_disk(folder)
            print_progress("the disk is full")
            time.sleep(45)
            filler.unlink()
            ended = time.monotonic()
            print_progress("there is room again")
        starts = {name: child.starts - 1 for name, child in run.stack.children.items() if child.starts > 1}
        restarts = ", ".join(f"{name} {times}" for name, times in starts.items()) or "nothing"
        check_result(
            run.reconcile("disk full for 45 s", ended, notes=[f"started again by the supervisor: {restarts}."])
        )
        run.stack.stop()
    finally:
        disk.__exit__(None, None, None)


def test_events_count_once_after_worker_clock_jump(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress, tmp_path: Path
) -> None:
    try:
        clock = WallClock(tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    run = start_fault_run(*QUICK_WORKERS, environment=clock.environment)
    with run.load():
        for hours in (2, -2, 26, 0):
            time.sleep(15)
            print_progress(f"the workers' clock is {hours:+d} h off")
            clock.set_offset(3600 * hours)
        ended = time.monotonic()
        time.sleep(5)
    check_result(run.reconcile("workers' wall clock +2 h, -2 h, +26 h, right again", ended))


def test_events_count_once_after_source_clock_jump(start_fault_run: StartFaultRun, check_result: CheckResult) -> None:
    """Apply clock offsets for half a minute each: 0, +5 min, −3 h, +3 days, 0."""
    offsets = (timedelta(0), timedelta(minutes=5), timedelta(hours=-3), timedelta(days=3), timedelta(0))

    def offset(tick: int) -> timedelta:
        return offsets[min(tick // 300, len(offsets) - 1)]

    def skewed_time(tick: int, moment: datetime) -> datetime:
        return moment + offset(tick)

    run = start_fault_run("bars", "support", "alerts")
    with run.load(skewed_time, lambda tick: offset(tick) >= timedelta(days=3)):
        time.sleep(300 * len(offsets) * 0.05)
        ended = time.monotonic()
    check_result(run.reconcile("clocks of tills and mail +5 min, -3 h, +3 days, right again", ended))


def test_events_count_once_after_two_joins_and_a_leave(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress
) -> None:
    run = start_fault_run(*QUICK_WORKERS)
    stack = run.stack
    with run.load():
        for _ in range(2):
            for worker in QUICK_WORKERS:
                print_progress(f"{stack.join(worker)} joined")
        time.sleep(5)
        for worker in QUICK_WORKERS:
            stack.halt(worker)
            print_progress(f"{worker} left")
        ended = time.monotonic()
        time.sleep(10)
    check_result(run.reconcile("two workers of each of four kinds joined, and the first left", ended))


def test_events_count_once_after_paused_worker_loses_partition(
    start_fault_run: StartFaultRun, check_result: CheckResult, print_progress: PrintProgress
) -> None:
    """Resume a worker within a batch whose partition was reassigned meanwhile, then kill the new owner."""
    workers = ("bars", "support", "alerts")
    run = start_fault_run(*workers)
    stack = run.stack
    with run.load(tick_seconds=0.02):
        others = [stack.join(worker) for worker in workers]
        for turn in range(4):
            for worker, other in zip(workers, others, strict=True):
                paused = worker if turn % 2 == 0 else other
                with suspended(stack.children[paused]):
                    time.sleep(10)
            print_progress(f"turn {turn + 1} of 4")
        for other in others:
            stack.kill(other)
        ended = time.monotonic()
        time.sleep(5)
    check_result(run.reconcile("each worker stood still for 10 s, four times, and its partitions moved", ended))
