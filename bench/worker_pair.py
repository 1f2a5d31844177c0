"""Scaling of a consumer group: processor time per event and throughput with one worker and with two."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import httpx

from bench.alert_latency import HANDOVER_OFFSET, STALL_TIMEOUT_SECONDS, send
from bench.alert_loads import AlertLoad, LoadEvent
from bench.comparison_table import ComparisonRow, compare
from bench.run_result import BenchError, RunResult
from bench.worker_metrics import MetricsSample, parse_metrics
from stream.local import LocalStack
from stream.local.child import Child
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer

EVENT_NUMBERS = {"tickets": 12_000, "frames": 480}
EVENT_RATE = 128.0
"""Events per second of event time: sixteen cameras, and enough bars for every partition."""
REBALANCE_SECONDS = 8.0
"""Seconds that a group needs to rebalance."""


def measure(
    stack: LocalStack, loads: Sequence[AlertLoad], *, divisor: int, announce: Callable[[str], None]
) -> list[ComparisonRow]:
    """Measure a backlog with one worker and then with two of the same group.

    Raises:
        BenchError: the second worker did not start or got no partition, or there is no progress.
    """
    rows = []
    for load in (one for one in loads if one.kind in EVENT_NUMBERS):
        number = EVENT_NUMBERS[load.kind] // divisor
        stack.halt(load.worker)
        stack.restart(load.worker)
        announce(f"pair: {load.kind}, one {load.worker} worker")
        one = _measure_after_warm_up(stack, load, [_port(stack, load.worker)], number)
        announce(f"pair: {load.kind}, two {load.worker} workers")
        second, port = _second_worker(stack, load.worker)
        second.start()
        try:
            second.wait_healthy()
            time.sleep(REBALANCE_SECONDS)
            two = _measure_after_warm_up(stack, load, [_port(stack, load.worker), port], number)
        finally:
            second.stop()
        rows.append(
            compare(
                f"two {load.worker} workers",
                f"{load.kind}/s",
                two,
                "one worker",
                one,
                notes=f"processor time: {1000 * two.cpu_seconds / two.events:.2f} ms an event with two, "
                f"{1000 * one.cpu_seconds / one.events:.2f} ms with one; the two did "
                f"{two.batches} batches together, the one {one.batches}",
            )
        )
    return rows


def _port(stack: LocalStack, worker: str) -> int:
    return Ports(stack.data / "ports.json").assigned(f"metrics-{worker}")


def _second_worker(stack: LocalStack, worker: str) -> tuple[Child, int]:
    """Return another worker process of the same group, and its metrics port; it gets half of the partitions."""
    port = Ports(stack.data / "ports.json").get(f"metrics-{worker}-2")
    ready = f'pulso_worker_ready{{worker="{worker}"}} 1.0'
    child = Child(
        name=f"{worker}-2",
        command=[sys.executable, "-m", "stream.commands.cli", "worker", worker, "--metrics-port", str(port)],
        log=stack.data / "logs" / f"{worker}-2.log",
        healthy=lambda: ready in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=2).text,
        environment=stack.children[worker].environment,
    )
    return child, port


def _measure_after_warm_up(stack: LocalStack, load: AlertLoad, ports: Sequence[int], number: int) -> RunResult:
    """Measure a backlog after a warm-up of models and caches."""
    _measure_backlog(stack, load, ports, max(64, number // 8))
    measured, events_by_worker = _measure_backlog(stack, load, ports, number)
    if 0 in events_by_worker:
        raise BenchError(f"{load.worker}: one of {len(ports)} workers processed no event: {events_by_worker}")
    return measured


def _measure_backlog(
    stack: LocalStack, load: AlertLoad, ports: Sequence[int], number: int
) -> tuple[RunResult, list[int]]:
    """Send a backlog and wait until the group has finished it; return the result and the events by worker."""
    events: list[LoadEvent] = list(load.events(EVENT_RATE, number / EVENT_RATE))
    with httpx.Client(timeout=20) as client:
        before = _scrape(client, load, ports)
        start = time.monotonic()
        with EventProducer(stack.settings) as producer:
            for event in events:
                send(producer, load, event, HANDOVER_OFFSET)
        last_progress, samples = time.monotonic(), before
        while _events(samples) - _events(before) < len(events):
            time.sleep(0.2)
            previous, samples = samples, _scrape(client, load, ports)
            if _events(samples) > _events(previous):
                last_progress = time.monotonic()
            elif time.monotonic() - last_progress > STALL_TIMEOUT_SECONDS:
                raise BenchError(
                    f"{load.worker}: {_events(samples) - _events(before)} of {len(events)} after "
                    f"{STALL_TIMEOUT_SECONDS} s"
                )
    events_by_worker = [after.events - first.events for first, after in zip(before, samples, strict=True)]
    measured = RunResult(
        events=sum(events_by_worker),
        seconds=samples[-1].at - start,
        cpu_seconds=sum(after.cpu_seconds - first.cpu_seconds for first, after in zip(before, samples, strict=True)),
        batches=sum(after.batches - first.batches for first, after in zip(before, samples, strict=True)),
    )
    return measured, events_by_worker


def _events(samples: Sequence[MetricsSample]) -> int:
    return sum(sample.events for sample in samples)


def _scrape(client: httpx.Client, load: AlertLoad, ports: Sequence[int]) -> list[MetricsSample]:
    return [
        parse_metrics(
            client.get(f"http://127.0.0.1:{port}/metrics").text, time.monotonic(), load.worker, load.topic.name
        )
        for port in ports
    ]
