"""Prometheus series of social posts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

POSTS = Counter("pulso_posts", "Social posts read", ["language", "sentiment"])
POSTS_NEGATIVE = Gauge("pulso_posts_negative_ratio", "Negative among the last posts about a subject", ["subject"])
