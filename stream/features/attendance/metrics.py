"""Prometheus series of attendance."""

from __future__ import annotations

from prometheus_client import Counter

from schemas.attendance import ATTENDANCE
from stream.runtime.metrics import KeyedGauge

GATE_CROSSINGS = Counter("pulso_gate_crossings", "Heads that crossed a gate: in, out", ["gate", "direction"])
VENUE_PERSONS = KeyedGauge(
    ATTENDANCE, "pulso_venue_persons", "People in the venue, by gates, zones and corrections", ["venue"]
)
