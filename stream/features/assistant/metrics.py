"""Prometheus series of the assistant."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

QUESTIONS_ASKED = Counter("pulso_assistant_questions", "Questions answered", ["language", "skill", "outcome"])
"""outcome: `answered`, `handed_over` or `urgent`."""

ANSWER_SECONDS = Histogram(
    "pulso_assistant_answer_seconds", "Time to compute an answer", buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2)
)
RATED = Counter("pulso_assistant_ratings", "Ratings of answers", ["helpful"])
