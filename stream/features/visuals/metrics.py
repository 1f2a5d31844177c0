"""Metrics of visuals."""

from __future__ import annotations

from prometheus_client import Counter

FRAMES_DROPPED = Counter(
    "pulso_visuals_dropped", "Frames of a stage's sound that did not reach Kafka, which are not sent again", ["stage"]
)
