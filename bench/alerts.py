"""Seconds from event to alert, at a tenth, half and nine tenths of each worker's capacity."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from bench.delays import Delay, delay
from bench.loads import Event, Load
from bench.measured import BenchError
from bench.meter import Sample, sample
from schemas.cloudevents import Envelope
from simulation.alert_reader import AlertReader
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer

LEVELS = (0.1, 0.5, 0.9)
PATIENCE = 120.0
"""Seconds without progress after which the benchmark fails."""
SETTLED = 1.5
"""Seconds after the last event was handled, within which its alert must be in Redis."""
LONGER = timedelta(hours=1)
"""Offset of the reception time of frames in the backlog that gives the capacity, so that none is too old."""


def measure(stack: LocalStack, kinds: Sequence[Load], *, share: int, say: Callable[[str], None]) -> list[Delay]:
    """Measure each worker's capacity while all others run, then send events at each level.

    Raises:
        BenchError: a worker makes no progress, or no alert was raised.
    """
    found: list[Delay] = []
    with EventProducer(stack.settings) as producer:
        for load in kinds:
            meter = WorkerMeter(stack, load)
            # The first events find a worker whose models and caches are cold.
            _backlog(producer, load, meter, max(8, load.backlog // 8))
            capacity = _backlog(producer, load, meter, max(8, load.backlog // share))
            say(f"alerts: {load.kind}, {capacity:,.4g} a second at most")
            for level in LEVELS:
                say(f"alerts: {load.kind} at {level:.0%}")
                found += _level(stack, producer, load, meter, level, capacity, load.seconds / share)
            meter.close()
    if not any(one.alerts for one in found):
        raise BenchError("no alert was raised; see the workers' logs")
    return found


class WorkerMeter:
    """Counts the events of a load's topic that its worker has handled."""

    def __init__(self, stack: LocalStack, load: Load) -> None:
        port = Ports(stack.data / "ports.json").assigned(f"metrics-{load.worker}")
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._load = load
        self._http = httpx.Client(timeout=20)

    def look(self) -> Sample:
        """Return a sample of the worker's metrics."""
        text = self._http.get(self._url).text
        return sample(text, time.monotonic(), self._load.worker, self._load.topic.name)

    def wait(self, events: int) -> Sample:
        """Wait until a number of events has been handled.

        Raises:
            BenchError: the worker makes no progress.
        """
        now = self.look()
        moved = time.monotonic()
        while now.events < events:
            time.sleep(0.1)
            before, now = now, self.look()
            if now.events > before.events:
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE:
                raise BenchError(f"{self._load.worker} makes no progress at {now.events} of {events} {self._load.kind}")
        return now

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def send(producer: EventProducer, load: Load, event: Event, longer: timedelta = timedelta()) -> None:
    """Send one event now; `longer` is added to its reception time."""
    topic = load.topic
    received = datetime.now(UTC) + longer
    envelope = Envelope(
        event.id, topic.event_type, "bench", event.time, event.content_type or topic.content_type, received
    )
    value = event.value if isinstance(event.value, bytes) else msgspec.json.encode(event.value)
    producer.send_raw(topic.name, key=event.key.encode(), value=value, headers=envelope.headers())


def _backlog(producer: EventProducer, load: Load, meter: WorkerMeter, number: int) -> float:
    """Return the events per second that the worker handles from a backlog."""
    before = meter.look()
    # At a rate that spreads frames over several cameras; they are sent as fast as Kafka takes them.
    events = list(load.events(rate=64.0, seconds=number / 64.0))
    began = time.monotonic()
    for event in events:
        send(producer, load, event, LONGER)
    producer.flush(60)
    after = meter.wait(before.events + len(events))
    return len(events) / (after.at - began)


def _level(
    stack: LocalStack,
    producer: EventProducer,
    load: Load,
    meter: WorkerMeter,
    level: float,
    capacity: float,
    seconds: float,
) -> list[Delay]:
    feed = AlertReader(stack.settings.redis_url()).from_now()
    before = meter.look()
    number, took = play(producer, load, load.events(level * capacity, seconds), level * capacity)
    meter.wait(before.events + number)
    time.sleep(SETTLED)
    delays: dict[str, list[float]] = defaultdict(list)
    seen: set[str] = set()
    for step in feed.read():
        # An alert for two audiences is one alert.
        if step.alert.state == "raised" and step.alert.id not in seen:
            seen.add(step.alert.id)
            delays[step.alert.rule].append(step.delay)
    feed.close()
    return [delay(load.kind, rule, level, capacity, number / took, delays[rule]) for rule in load.rules]


def play(producer: EventProducer, load: Load, events: Iterable[Event], rate: float) -> tuple[int, float]:
    """Send at a steady rate; return the number of events and the seconds."""
    began = time.monotonic()
    number = 0
    for event in events:
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        send(producer, load, event)
        number += 1
    producer.flush(60)
    return number, max(number / rate, time.monotonic() - began)
