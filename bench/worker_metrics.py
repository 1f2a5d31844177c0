"""Measurement of a worker from outside by its /metrics: finished events and processor time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.run_result import BenchError, RunResult
from schemas.topic import Topic
from stream.local import LocalStack
from stream.local.ports import Ports

POLL_SECONDS = 0.2
"""Seconds between two scrapes; each costs the worker some milliseconds, as with Prometheus."""
STALL_TIMEOUT_SECONDS = 180.0
"""Seconds without progress after which the benchmark fails."""


@dataclass(frozen=True, slots=True)
class MetricsSample:
    """Values of one scrape of /metrics."""

    at: float
    cpu_seconds: float
    batches: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """Number of finished events of all outcomes."""
        return sum(self.outcomes.values())


def parse_metrics(text: str, at: float, worker: str, topic: str) -> MetricsSample:
    r"""Parse one response of /metrics.

    >>> text = 'process_cpu_seconds_total 1.5\npulso_events_total{worker="bars",topic="t",outcome="ok"} 7.0\n'
    >>> parse_metrics(text, 0.0, "bars", "t")
    MetricsSample(at=0.0, cpu_seconds=1.5, batches=0, outcomes={'ok': 7})
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
    return MetricsSample(at, cpu_seconds, batches, outcomes)


def measure_worker(
    stack: LocalStack, worker: str, topic: Topic[Any], events: int, on_progress: Callable[[int], None]
) -> RunResult:
    """Start a halted worker and measure it until it has finished `events`.

    Timing begins at the first scrape with finished events; neither the start nor those events count.

    Raises:
        BenchError: an event was dropped or rejected, or there was no progress for `STALL_TIMEOUT_SECONDS`.
    """
    url = f"http://127.0.0.1:{Ports(stack.data / 'ports.json').assigned(f'metrics-{worker}')}/metrics"
    stack.restart(worker, wait=False)
    idle = first = now = MetricsSample(time.monotonic(), 0.0)
    last_progress = time.monotonic()
    with httpx.Client(timeout=10) as client:
        while now.events < events:
            time.sleep(POLL_SECONDS)
            before = now
            with suppress(httpx.TransportError):  # its server is not up yet
                now = parse_metrics(client.get(url).text, time.monotonic(), worker, topic.name)
            if now.events > before.events:
                last_progress = now.at
                if not before.events:
                    idle, first = before, now
                on_progress(now.events)
            elif time.monotonic() - last_progress > STALL_TIMEOUT_SECONDS:
                tail = stack.children[worker].tail()
                raise BenchError(f"{worker} stopped at {now.events} of {events} events of {topic.name}{tail}")
    if rejected := {outcome: number for outcome, number in now.outcomes.items() if outcome != "ok" and number}:
        raise BenchError(f"{worker} did not process all events of {topic.name}: {rejected}; see {stack.data}/logs")
    begin = first if first.events < now.events else idle
    return RunResult(
        events=now.events - begin.events,
        seconds=now.at - begin.at,
        cpu_seconds=now.cpu_seconds - begin.cpu_seconds,
        batches=now.batches - begin.batches,
    )
