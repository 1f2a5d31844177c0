"""Faults that run with every test run, in a minute; `make faults` takes half an hour (test_long.py)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from stream.runtime.settings import Settings
from tests.faults.breaking import kill_at_random, stop_for
from tests.faults.conftest import Open
from tests.faults.festival import Finding

WORKERS = ("bars", "support", "alerts")


def whose_clocks(settings: Settings) -> set[str]:
    """Return the timestamp type of Pulso's topics and of Faust's changelogs."""
    admin = AdminClient(settings.librdkafka())
    names = [name for name in admin.list_topics(timeout=10).topics if not name.startswith("__")]
    assert any(name.endswith("-changelog") for name in names)
    answers = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    return {answer.result(10)["message.timestamp.type"].value for answer in answers.values()}


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_events_count_once_after_kill_stop_and_join(
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
    assert whose_clocks(stack.settings) == {"LogAppendTime"}, "Kafka refuses records of a clock that is an hour ahead"
    judge(festival.settle("5 kills, Redis and Kafka stopped, one joined, one left", ended, ready=watchman.seconds))
    assert stack.children[second].pid is not None
