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

NUMBERS = {"tickets": 12_000, "frames": 480}
RATE = 128.0
"""Events per second of event time: sixteen cameras, and enough bars for every partition."""
JOINED = 8.0
"""Seconds that a group needs to rebalance."""


def measure(
    stack: LocalStack, kinds: Sequence[AlertLoad], *, share: int, announce: Callable[[str], None]
) -> list[ComparisonRow]:
    """Measure a backlog with one worker and then with two of the same group.

    Raises:
        BenchError: the second worker did not start or got no partition, or there is no progress.
    """
    rows = []
    for load in (one for one in kinds if one.kind in NUMBERS):
        number = NUMBERS[load.kind] // share
        stack.halt(load.worker)
        stack.restart(load.worker)
        announce(f"pair: {load.kind}, one {load.worker} worker")
        one = _warm_backlog(stack, load, [_port(stack, load.worker)], number)
        announce(f"pair: {load.kind}, two {load.worker} workers")
        second, port = _second(stack, load.worker)
        second.start()
        try:
            second.wait_healthy()
            time.sleep(JOINED)
            two = _warm_backlog(stack, load, [_port(stack, load.worker), port], number)
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


def _second(stack: LocalStack, worker: str) -> tuple[Child, int]:
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


def _warm_backlog(stack: LocalStack, load: AlertLoad, ports: Sequence[int], number: int) -> RunResult:
    """Measure a backlog after a warm-up of models and caches."""
    _backlog(stack, load, ports, max(64, number // 8))
    measured, worked = _backlog(stack, load, ports, number)
    if 0 in worked:
        raise BenchError(f"{load.worker}: one of {len(ports)} workers processed no event: {worked}")
    return measured


def _backlog(stack: LocalStack, load: AlertLoad, ports: Sequence[int], number: int) -> tuple[RunResult, list[int]]:
    """Send a backlog and wait until the group has finished it; return the result and the events by worker."""
    events: list[LoadEvent] = list(load.events(RATE, number / RATE))
    with httpx.Client(timeout=20) as client:
        before = _look(client, load, ports)
        begun = time.monotonic()
        with EventProducer(stack.settings) as producer:
            for event in events:
                send(producer, load, event, HANDOVER_OFFSET)
        moved, now = time.monotonic(), before
        while _events(now) - _events(before) < len(events):
            time.sleep(0.2)
            last, now = now, _look(client, load, ports)
            if _events(now) > _events(last):
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_TIMEOUT_SECONDS:
                raise BenchError(
                    f"{load.worker}: {_events(now) - _events(before)} of {len(events)} after {STALL_TIMEOUT_SECONDS} s"
                )
    worked = [after.events - first.events for first, after in zip(before, now, strict=True)]
    measured = RunResult(
        events=sum(worked),
        seconds=now[-1].at - begun,
        cpu_seconds=sum(after.cpu_seconds - first.cpu_seconds for first, after in zip(before, now, strict=True)),
        batches=sum(after.batches - first.batches for first, after in zip(before, now, strict=True)),
    )
    return measured, worked


def _events(samples: Sequence[MetricsSample]) -> int:
    return sum(one.events for one in samples)


def _look(client: httpx.Client, load: AlertLoad, ports: Sequence[int]) -> list[MetricsSample]:
    return [
        parse_metrics(
            client.get(f"http://127.0.0.1:{port}/metrics").text, time.monotonic(), load.worker, load.topic.name
        )
        for port in ports
    ]
