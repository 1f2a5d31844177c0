"""Prometheus series of captions."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

LINES = Counter("pulso_caption_lines", "Lines that were captioned", ["stage", "language"])
REFUSED = Counter(
    "pulso_caption_refused",
    "Pieces of speech without a line: empty, unlikely, repeated, no-speech (an invention of the model)",
    ["stage", "reason"],
)
SKIPPED = Counter(
    "pulso_caption_skipped_seconds", "Seconds of speech dropped because they were older than ten seconds", ["stage"]
)
CORRECTED = Counter("pulso_caption_corrections", "Lines that people corrected", ["stage"])
DELAY = Histogram(
    "pulso_caption_delay_seconds",
    "From the end of a piece of speech to its line",
    ["stage"],
    buckets=(0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 15),
)
COMPUTED = Counter("pulso_caption_compute_seconds", "Time that speech recognition took", ["stage"])
