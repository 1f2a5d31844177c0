"""Measure a worker from outside, through its /metrics: handled events and processor time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.measured import BenchError, Measured
from schemas.topic import Topic
from stream.local import LocalStack
from stream.local.ports import Ports

EVERY = 0.2
"""Seconds between two samples; each costs the worker some milliseconds, as a scrape of Prometheus does."""
PATIENCE = 180.0
"""Seconds without progress after which the benchmark fails."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a worker's /metrics."""

    at: float
    cpu_seconds: float
    batches: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """Return the number of handled events of all outcomes."""
        return sum(self.outcomes.values())


def sample(text: str, at: float, worker: str, topic: str) -> Sample:
    r"""Parse one response of /metrics.

    >>> text = 'process_cpu_seconds_total 1.5\npulso_events_total{worker="bars",topic="t",outcome="ok"} 7.0\n'
    >>> sample(text, 0.0, "bars", "t")
    Sample(at=0.0, cpu_seconds=1.5, batches=0, outcomes={'ok': 7})
    """
    cpu_seconds = 0.0
    batches = 0
    outcomes: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == "process_cpu_seconds_total":
                cpu_seconds = one.value
            elif one.name == "pulso_batch_seconds_count":
                batches = int(one.value)
            elif one.name == "pulso_events_total" and (one.labels["worker"], one.labels["topic"]) == (worker, topic):
                outcomes[one.labels["outcome"]] = int(one.value)
    return Sample(at, cpu_seconds, batches, outcomes)


def watch(stack: LocalStack, worker: str, topic: Topic, events: int, seen: Callable[[int], None]) -> Measured:
    """Start a halted worker and sample it until it has handled `events`.

    Timed from the first sample with handled events, so neither the start nor those events count.

    Raises:
        BenchError: an event was dropped or rejected, or there was no progress for `PATIENCE` seconds.
    """
    url = f"http://127.0.0.1:{Ports(stack.data / 'ports.json').assigned(f'metrics-{worker}')}/metrics"
    stack.restart(worker, wait=False)
    idle = first = now = Sample(time.monotonic(), 0.0)
    moved = time.monotonic()
    with httpx.Client(timeout=10) as client:
        while now.events < events:
            time.sleep(EVERY)
            before = now
            with suppress(httpx.TransportError):  # its server is not up yet
                now = sample(client.get(url).text, time.monotonic(), worker, topic.name)
            if now.events > before.events:
                moved = now.at
                if not before.events:
                    idle, first = before, now
                seen(now.events)
            elif time.monotonic() - moved > PATIENCE:
                tail = stack.children[worker].tail()
                raise BenchError(f"{worker} makes no progress at {now.events} of {events} events of {topic.name}{tail}")
    if spoilt := {outcome: number for outcome, number in now.outcomes.items() if outcome != "ok" and number}:
        raise BenchError(f"{worker} did not use all events of {topic.name}: {spoilt}; its log is {stack.data}/logs")
    begin = first if first.events < now.events else idle
    return Measured(
        events=now.events - begin.events,
        seconds=now.at - begin.at,
        cpu_seconds=now.cpu_seconds - begin.cpu_seconds,
        batches=now.batches - begin.batches,
    )
