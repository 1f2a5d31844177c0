"""Latency from event to alert through the whole stack, at 10, 50 and 90 % of each worker's capacity."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from bench.alert_delays import AlertDelay, alert_delay
from bench.alert_loads import AlertLoad, LoadEvent
from bench.run_result import BenchError
from bench.worker_metrics import MetricsSample, parse_metrics
from schemas.cloudevents import Envelope
from schemas.ids import AlertId, EventId
from simulation.alert_reader import AlertReader
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer

LOAD_LEVELS = (0.1, 0.5, 0.9)
STALL_TIMEOUT_SECONDS = 120.0
"""Seconds without progress after which the benchmark fails."""
SETTLE_SECONDS = 1.5
"""Seconds after the last event was processed within which its alert must be in Redis."""
HANDOVER_OFFSET = timedelta(hours=1)
"""Offset added to the hand-over time of backlog events, so that no frame counts as too old."""


def measure(
    stack: LocalStack, loads: Sequence[AlertLoad], *, divisor: int, announce: Callable[[str], None]
) -> list[AlertDelay]:
    """Measure each worker's capacity with all others running, then the latency at each load level.

    Raises:
        BenchError: a worker makes no progress, or no alert was raised at all.
    """
    delays: list[AlertDelay] = []
    with EventProducer(stack.settings) as producer:
        for load in loads:
            meter = WorkerMeter(stack, load)
            # Warm-up: models and caches of the worker are cold at first.
            _measure_capacity(producer, load, meter, max(8, load.backlog // 8))
            capacity = _measure_capacity(producer, load, meter, max(8, load.backlog // divisor))
            announce(f"alerts: {load.kind}, {capacity:,.4g} a second at most")
            for level in LOAD_LEVELS:
                announce(f"alerts: {load.kind} at {level:.0%}")
                delays += _measure_level(stack, producer, load, meter, level, capacity, load.seconds / divisor)
            meter.close()
    if not any(delay.alerts for delay in delays):
        raise BenchError("no alert was raised; see the logs of the workers")
    return delays


class WorkerMeter:
    """Reader of the number of events that a worker has finished."""

    def __init__(self, stack: LocalStack, load: AlertLoad) -> None:
        port = Ports(stack.data / "ports.json").assigned(f"metrics-{load.worker}")
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._load = load
        self._http = httpx.Client(timeout=20)

    def read(self) -> MetricsSample:
        """Return the current sample."""
        text = self._http.get(self._url).text
        return parse_metrics(text, time.monotonic(), self._load.worker, self._load.topic.name)

    def wait(self, events: int) -> MetricsSample:
        """Wait until the given number of events is finished.

        Raises:
            BenchError: the worker makes no progress for `STALL_TIMEOUT_SECONDS`.
        """
        sample = self.read()
        last_progress = time.monotonic()
        while sample.events < events:
            time.sleep(0.1)
            previous, sample = sample, self.read()
            if sample.events > previous.events:
                last_progress = time.monotonic()
            elif time.monotonic() - last_progress > STALL_TIMEOUT_SECONDS:
                raise BenchError(f"{self._load.worker} stopped at {sample.events} of {events} {self._load.kind}")
        return sample

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def send(producer: EventProducer, load: AlertLoad, event: LoadEvent, offset: timedelta = timedelta()) -> None:
    """Send one event now; `offset` is added to its hand-over time."""
    topic = load.topic
    received = datetime.now(UTC) + offset
    envelope = Envelope(
        EventId(event.id), topic.event_type, "bench", event.time, event.content_type or topic.content_type, received
    )
    value = event.value if isinstance(event.value, bytes) else msgspec.json.encode(event.value)
    producer.send_raw(topic.name, key=event.key.encode(), value=value, headers=envelope.headers())


def _measure_capacity(producer: EventProducer, load: AlertLoad, meter: WorkerMeter, number: int) -> float:
    """Return the events per second that the worker finishes from a backlog."""
    before = meter.read()
    # The rate spreads frames over several cameras; they are sent as fast as Kafka accepts them.
    events = list(load.events(rate=64.0, seconds=number / 64.0))
    start = time.monotonic()
    for event in events:
        send(producer, load, event, HANDOVER_OFFSET)
    producer.flush(60)
    after = meter.wait(before.events + len(events))
    return len(events) / (after.at - start)


def _measure_level(
    stack: LocalStack,
    producer: EventProducer,
    load: AlertLoad,
    meter: WorkerMeter,
    level: float,
    capacity: float,
    seconds: float,
) -> list[AlertDelay]:
    reader = AlertReader(stack.settings.redis_url()).from_now()
    before = meter.read()
    number, duration = play_at_rate(producer, load, load.events(level * capacity, seconds), level * capacity)
    meter.wait(before.events + number)
    time.sleep(SETTLE_SECONDS)
    delays: dict[str, list[float]] = defaultdict(list)
    counted_alerts: set[AlertId] = set()
    for step in reader.read():
        # An alert for two audiences is one alert.
        if step.alert.state == "raised" and step.alert.id not in counted_alerts:
            counted_alerts.add(step.alert.id)
            delays[step.alert.rule].append(step.delay)
    reader.close()
    return [alert_delay(load.kind, rule, level, capacity, number / duration, delays[rule]) for rule in load.rules]


def play_at_rate(
    producer: EventProducer, load: AlertLoad, events: Iterable[LoadEvent], rate: float
) -> tuple[int, float]:
    """Send events at a steady rate; return their number and the seconds taken."""
    start = time.monotonic()
    number = 0
    for event in events:
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        send(producer, load, event)
        number += 1
    producer.flush(60)
    return number, max(number / rate, time.monotonic() - start)
