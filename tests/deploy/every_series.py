"""Script `every_series.py PORT`: serve one sample of every series of all features, and increase it continually."""

from __future__ import annotations

import sys
import time
from collections import Counter as Counts

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from stream.features import registry
from stream.runtime.metrics import OwnedGauge

LABELS = {
    "worker": ["bars"],
    "topic": ["pos.sales"],
    "outcome": ["ok", "dead", "dropped", "failed"],
    "reason": ["content"],
    "partition": ["0"],
    "kind": ["camera"],
    "source": ["front-left"],
    "camera": ["front-left"],
    "zone": ["front"],
    "gate": ["east"],
    "venue": ["venue"],
    "direction": ["in", "out"],
    "bar": ["north"],
    "product": ["beer"],
    "minutes": ["60"],
    "language": ["es"],
    "priority": ["high"],
    "sentiment": ["negative", "neutral", "positive"],
    "subject": ["bar queues"],
    "stage": ["main"],
    "mood": ["happy"],
    "genre": ["rock"],
    "rule": [rule.name for rule in registry.rules()],
    "state": ["raised"],
    "model": ["mood"],
    "statistic": ["tempo"],
    "verdict": ["right", "wrong"],
    "contact": ["security-lead"],
    "severity": ["medium"],
    "audience": ["security"],
    "action": ["topic"],
}


def combinations(names: tuple[str, ...]) -> list[dict[str, str]]:
    """Yield every combination of the labels' sample values."""
    combined: list[dict[str, str]] = [{}]
    for name in names:
        combined = [{**one, name: value} for one in combined for value in LABELS.get(name, [name])]
    return combined


def increase_all() -> None:
    """Increase every metric."""
    for declared in registry.metrics():
        for labels in combinations(declared.labels):
            match declared.metric:
                case OwnedGauge() as gauge:
                    counts[declared.name] += 1
                    gauge.labels(*labels.values()).set(counts[declared.name])
                case Histogram() as histogram:
                    (histogram.labels(**labels) if labels else histogram).observe(0.2)
                case Counter() | Gauge() as metric:
                    (metric.labels(**labels) if labels else metric).inc()


counts: Counts[str] = Counts()


if __name__ == "__main__":
    increase_all()
    start_http_server(int(sys.argv[1]), addr="127.0.0.1")
    while True:
        time.sleep(0.2)
        increase_all()
