"""`every_series.py PORT`: serve one sample of every series of stream.runtime.metrics, and count up for ever."""

from __future__ import annotations

import sys
import time

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from stream.runtime import metrics

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
    "rule": ["violence", "stock-out", "stage-silent", "mail-urgent", "mail-surge", "posts-negative"],
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
    """Every combination of the labels' sample values."""
    found: list[dict[str, str]] = [{}]
    for name in names:
        found = [{**one, name: value} for one in found for value in LABELS[name]]
    return found


def count() -> None:
    """One more of everything."""
    for metric in vars(metrics).values():
        if not isinstance(metric, Counter | Gauge | Histogram):
            continue
        for labels in combinations(metric._labelnames):
            series = metric.labels(**labels) if labels else metric
            match series:
                case Histogram():
                    series.observe(0.2)
                case Counter() | Gauge():
                    series.inc()


if __name__ == "__main__":
    count()
    start_http_server(int(sys.argv[1]), addr="127.0.0.1")
    while True:
        time.sleep(0.2)
        count()
