"""Prometheus series of violence."""

from __future__ import annotations

from schemas.cameras import FRAMES
from stream.runtime.metrics import SEEN_SECONDS, KeyedGauge

VIOLENCE = KeyedGauge(
    FRAMES,
    "pulso_violence_probability",
    "Probability that a fight is seen now",
    ["camera"],
    expires_seconds=SEEN_SECONDS,
)
