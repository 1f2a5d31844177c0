"""Faults that run with every test run, in a minute; `make faults` takes half an hour (test_long.py)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from stream.runtime.settings import Settings
from tests.faults.conftest import StartFaultRun
from tests.faults.fault_run import FaultResult
from tests.faults.injection import kill_at_random, stop_for

WORKERS = ("bars", "support", "alerts")


def timestamp_types(settings: Settings) -> set[str]:
    """Return the timestamp type of Pulso's topics and of Faust's changelogs."""
    admin = AdminClient(settings.librdkafka())
    names = [name for name in admin.list_topics(timeout=10).topics if not name.startswith("__")]
    assert any(name.endswith("-changelog") for name in names)
    configs = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    return {config.result(10)["message.timestamp.type"].value for config in configs.values()}


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_events_count_once_after_kill_stop_and_join(
    start_fault_run: StartFaultRun,
    check_result: Callable[[FaultResult], None],
    print_progress: Callable[[str], None],
    seed: int,
) -> None:
    run = start_fault_run(*WORKERS)
    stack, rng = run.stack, random.Random(seed)
    with run.load(tick_seconds=0.02):
        downtime = kill_at_random(stack, WORKERS, 5, rng, between=(0.5, 2.5), print_progress=print_progress)
        stop_for(stack, "redis", 2)
        stop_for(stack, "kafka", 3)
        joined = stack.join("bars")
        stack.kill("bars")
        ended = time.monotonic()
    assert timestamp_types(stack.settings) == {"LogAppendTime"}, (
        "Kafka refuses records of a clock that is an hour ahead"
    )
    check_result(
        run.reconcile("5 kills, Redis and Kafka stopped, one joined, one left", ended, ready=downtime.downtimes)
    )
    assert stack.children[joined].pid is not None
