"""A minute of faults on every run of the tests; `make faults` takes half an hour (test_long.py)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.breaking import kill_at_random, stop_for
from tests.faults.conftest import Open
from tests.faults.festival import Finding

WORKERS = ("bars", "support", "alerts")


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_killed_stopped_and_joined_everything_counts_once(
    open_festival: Open, judge: Callable[[Finding], None], say: Callable[[str], None], seed: int
) -> None:
    festival = open_festival(*WORKERS)
    stack, seeded = festival.stack, random.Random(seed)
    with festival.load(every=0.02):
        watchman = kill_at_random(stack, WORKERS, 5, seeded, between=(0.5, 2.5), say=say)
        stop_for(stack, "redis", 2)
        stop_for(stack, "kafka", 3)
        second = stack.join("bars")
        stack.kill("bars")
        ended = time.monotonic()
    judge(festival.settle("5 kills, Redis and Kafka stopped, one joined, one left", ended, ready=watchman.seconds))
    assert stack.children[second].pid is not None
