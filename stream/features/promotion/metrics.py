"""Prometheus series of promotion; campaigns are those that production began."""

from __future__ import annotations

from prometheus_client import Counter

from schemas.promotion import PROMOTION_EVENTS
from stream.runtime.metrics import KeyedGauge

EVENTS_READ = Counter("pulso_promotion_events", "Showings and responses: shown, response, repeated", ["outcome"])
RATE = KeyedGauge(
    PROMOTION_EVENTS,
    "pulso_promotion_response_rate",
    "Share of showings with a response: chosen, as they were; uniform, estimated for choices by chance",
    ["campaign", "choice"],
    expires_seconds=86_400,
)
for _outcome in ("shown", "response", "repeated"):
    EVENTS_READ.labels(_outcome)
