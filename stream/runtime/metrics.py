"""Prometheus series of all workers and sources, and gauges that follow the ownership of keys.

Each feature declares its own series in `stream/features/NAME/metrics.py`. Base units, `_total` counters, and no label
without a bound: ids come from the venue file, reasons and outcomes from short lists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, NamedTuple

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.topic import Topic
from stream.runtime.producer import partition_of

SEEN_SECONDS = 30.0
"""Time for which the last result of a camera or stage still counts as seen."""

EXPIRY_INTERVALS, MAX_EXPIRY_SECONDS = 3, 180.0
"""Intervals between two values that a slower series may miss, and the longest time that they stand for."""

DELAY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of the histograms of delays, seconds."""


class _Value(NamedTuple):
    """Value of a series, when it was set, and how long after the one before."""

    value: float
    set_at: float
    interval: float

    def is_expired(self, now: float, seconds: float) -> bool:
        longest = max(seconds, min(EXPIRY_INTERVALS * self.interval, MAX_EXPIRY_SECONDS))
        return now - self.set_at > longest


class OwnedGauge(Collector):
    """A gauge whose series are dropped when another worker owns what they describe.

    >>> seats = OwnedGauge("doctest_seats", "Free seats", ("bar", "row"), registry=None)
    >>> for bar in ("north", "south"):
    ...     seats.labels(bar, "1").set(5)
    >>> seats.retain(lambda labels: labels["bar"] == "south")
    >>> [sample.labels["bar"] for family in seats.collect() for sample in family.samples]
    ['south']
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        label_names: Sequence[str],
        *,
        expires_seconds: float | None = None,
        registry: CollectorRegistry | None = REGISTRY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Register the gauge.

        Args:
            expires_seconds: time after which a series that was not set again is dropped, since its last value says
                nothing about now; longer for a series that is set less often. None where values are valid until they
                change.
            clock: monotonic time in seconds.
        """
        self.name = name
        self.documentation = documentation
        self.label_names = tuple(label_names)
        self._expires_seconds = expires_seconds
        self._clock = clock
        self._values: dict[tuple[str, ...], _Value] = {}
        if registry is not None:
            registry.register(self)

    def labels(self, *values: str) -> Series:
        """Return the series with these label values, in the order of the label names."""
        return Series(self._values, values, self._clock)

    def retain(self, is_owned: Callable[[dict[str, str]], bool]) -> None:
        """Drop the series whose labels this worker does not own any more."""
        for values in list(self._values):
            if not is_owned(dict(zip(self.label_names, values, strict=True))):
                del self._values[values]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the series, for Prometheus."""
        family = GaugeMetricFamily(self.name, self.documentation, labels=self.label_names)
        now = self._clock()
        for values, one in list(self._values.items()):
            if self._expires_seconds is not None and one.is_expired(now, self._expires_seconds):
                self._values.pop(values, None)
            else:
                family.add_metric(values, one.value)
        yield family


class Series:
    """One series of an `OwnedGauge`."""

    __slots__ = ("_clock", "_labels", "_values")

    def __init__(
        self,
        values: dict[tuple[str, ...], _Value],
        labels: tuple[str, ...],
        clock: Callable[[], float],
    ) -> None:
        self._values, self._labels, self._clock = values, labels, clock

    def set(self, value: float) -> None:
        """Set the value."""
        before, now = self._values.get(self._labels), self._clock()
        interval = 0.0 if before is None else now - before.set_at
        self._values[self._labels] = _Value(float(value), now, interval)


class KeyedGauge(OwnedGauge):
    """A gauge whose first label is the key of a topic: the worker that owns the key's partition reports it."""

    def __init__(
        self,
        topic: Topic[Any],
        name: str,
        documentation: str,
        label_names: Sequence[str],
        *,
        expires_seconds: float | None = None,
    ) -> None:
        super().__init__(name, documentation, label_names, expires_seconds=expires_seconds)
        self.topic = topic
        _KEYED.append(self)

    def retain_keys(self, partitions: set[int], partition_count: int) -> None:
        """Drop the series of keys that are in none of these partitions of the topic, which has so many."""
        self.retain(lambda labels: partition_of(labels[self.label_names[0]], partition_count) in partitions)


_KEYED: list[KeyedGauge] = []


def keyed_gauges() -> tuple[KeyedGauge, ...]:
    """Return every gauge that follows the ownership of keys."""
    return tuple(_KEYED)


MetricKind = Literal["counter", "gauge", "histogram"]
Metric = Counter | Gauge | Histogram | OwnedGauge


@dataclass(frozen=True, slots=True)
class DeclaredMetric:
    """One declared metric, for the reference and for tests.

    Attributes:
        name: without the endings that Prometheus adds.
        series: the names of its series in Prometheus.
    """

    name: str
    kind: MetricKind
    documentation: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    metric: Metric


def declared_metrics(module: ModuleType) -> tuple[DeclaredMetric, ...]:
    """Return every metric that a module declares, in order."""
    return tuple(_declaration(metric) for metric in vars(module).values() if isinstance(metric, Metric))


def _declaration(metric: Metric) -> DeclaredMetric:
    match metric:
        case OwnedGauge():
            name = metric.name
            return DeclaredMetric(name, "gauge", metric.documentation, metric.label_names, (name,), metric)
        case Counter():
            return _declared(metric, "counter", "_total", "_created")
        case Histogram():
            return _declared(metric, "histogram", "_bucket", "_sum", "_count", "_created")
        case Gauge():
            return _declared(metric, "gauge", "")


def _declared(metric: Counter | Gauge | Histogram, kind: MetricKind, *endings: str) -> DeclaredMetric:
    name = metric._name
    series = tuple(name + ending for ending in endings)
    return DeclaredMetric(name, kind, metric._documentation, tuple(metric._labelnames), series, metric)


# Every worker.
READY = Gauge("pulso_worker_ready", "1 while the worker has its partitions and its state", ["worker"])
EVENTS = Counter(
    "pulso_events", "Events read, by what became of them: ok, dead, dropped", ["worker", "topic", "outcome"]
)
RESULTS = Counter("pulso_results", "Results sent", ["worker", "topic"])
DEAD_LETTERS = Counter("pulso_dead_letters", "Events that could not be used", ["worker", "topic", "reason"])
EVENTS_AHEAD = Counter(
    "pulso_events_ahead",
    "Events of sources whose clock was ahead of the receipt, and that got its time",
    ["worker", "topic"],
)
BATCH_SECONDS = Histogram("pulso_batch_seconds", "Time to work on one micro-batch", ["worker"], buckets=DELAY_BUCKETS)
EVENT_DELAY = Histogram(
    "pulso_event_delay_seconds",
    "From the source handing an event over to its result",
    ["worker"],
    buckets=DELAY_BUCKETS,
)
LAG = OwnedGauge("pulso_consumer_lag_events", "Events not yet read", ["worker", "topic", "partition"])

# Sources.
SOURCE_UP = Gauge("pulso_source_up", "1 while a source delivers", ["kind", "source"])
SOURCE_EVENTS = Counter(
    "pulso_source_events",
    "Events of a source by outcome: sent, refused, failed, damaged; of mail repeated, skipped, old, clock_ahead",
    ["kind", "source", "outcome"],
)
SOURCE_RECONNECTS = Counter("pulso_source_reconnects", "Times a source was lost and opened again", ["kind", "source"])
SOURCE_LAST_EVENT = Gauge(
    "pulso_source_last_event_timestamp_seconds", "Wall clock of the last event", ["kind", "source"]
)
