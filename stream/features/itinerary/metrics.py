"""Prometheus series of itineraries; none names an attendee."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

PLANS_MADE = Counter("pulso_itinerary_plans", "Plans made: complete, partial, no_way", ["outcome"])
OFFERS = Counter("pulso_itinerary_offers", "Alternatives offered, by what broke the plan", ["cause"])
PLAN_SECONDS = Histogram(
    "pulso_itinerary_plan_seconds",
    "Duration of one plan",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
