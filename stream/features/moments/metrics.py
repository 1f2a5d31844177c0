"""Prometheus series of moments; sets are those of the programme, and no series names a person."""

from __future__ import annotations

from prometheus_client import Counter

READ = Counter("pulso_moment_posts", "Posts of social networks: linked to a set, or not", ["outcome"])
BURSTS = Counter("pulso_moment_bursts", "Minutes whose posts are a burst, as they were first found", ["stage"])
LATE = Counter("pulso_moment_posts_left_out", "Linked posts left out: repeated, or older than the minutes kept")
for _outcome in ("linked", "unlinked"):
    READ.labels(_outcome)
