"""Prometheus series of signs. Every alerts worker knows all signs, so several publish the same values."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from stream.runtime.metrics import DELAY_BUCKETS

PRIORITY = Gauge(
    "pulso_sign_priority", "What a sign is to show: 0 its default text, 1 info, 2 crowd, 3 evacuate", ["sign"]
)
PROPOSALS = Gauge("pulso_sign_proposals", "Texts that wait for a person to approve them", ["sign"])
SILENCE = Gauge("pulso_sign_silence_seconds", "Time since the last sign of life of a sign's display", ["sign"])
PUSHES = Counter(
    "pulso_sign_display_pushes",
    "Changes sent to displays of other makers: ok, failed (tried again)",
    ["sign", "outcome"],
)
SHOWN_DELAY = Histogram(
    "pulso_sign_shown_delay_seconds",
    "From a command to the display's word that it shows it",
    ["priority"],
    buckets=DELAY_BUCKETS,
)
