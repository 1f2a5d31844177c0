"""Prometheus series of queues."""

from __future__ import annotations

from schemas.queues import QUEUE_COUNTS
from stream.runtime.metrics import SEEN_SECONDS, KeyedGauge

PERSONS = KeyedGauge(
    QUEUE_COUNTS, "pulso_queue_persons", "People in a queue, smoothed", ["queue"], expires_seconds=SEEN_SECONDS
)
WAIT = KeyedGauge(
    QUEUE_COUNTS,
    "pulso_queue_wait_seconds",
    "Median waiting time of who joins a queue now",
    ["queue"],
    expires_seconds=SEEN_SECONDS,
)
SERVED = KeyedGauge(
    QUEUE_COUNTS,
    "pulso_queue_served_per_minute",
    "Mean rate of service of a queue",
    ["queue"],
    expires_seconds=SEEN_SECONDS,
)
