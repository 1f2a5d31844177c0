"""Prometheus series of ticket sales; events and types are those of the venue file."""

from __future__ import annotations

from prometheus_client import Counter

from schemas.tickets import ORDERS
from stream.runtime.metrics import KeyedGauge

ORDERS_READ = Counter("pulso_ticket_orders", "Orders of shops: sale, refund, repeated, same_id", ["outcome"])
PROPOSALS = Counter("pulso_ticket_price_proposals", "Prices: proposed, approved, declined", ["outcome"])
SOLD = KeyedGauge(ORDERS, "pulso_tickets_sold", "Tickets sold, refunds taken off", ["event", "type"])
FINAL = KeyedGauge(ORDERS, "pulso_tickets_expected", "Expected final number of tickets", ["event", "type", "bound"])
for _outcome in ("sale", "refund", "repeated", "same_id"):
    ORDERS_READ.labels(_outcome)
for _outcome in ("proposed", "approved", "declined"):
    PROPOSALS.labels(_outcome)
