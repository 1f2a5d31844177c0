"""Prometheus series of crowd."""

from __future__ import annotations

from schemas.cameras import FRAMES
from stream.runtime.metrics import SEEN_SECONDS, KeyedGauge

ZONE_PERSONS = KeyedGauge(
    FRAMES, "pulso_zone_persons", "People seen in a zone by a camera", ["camera", "zone"], expires_seconds=SEEN_SECONDS
)
ZONE_DENSITY = KeyedGauge(
    FRAMES,
    "pulso_zone_density_persons_per_square_metre",
    "Density of a zone",
    ["camera", "zone"],
    expires_seconds=SEEN_SECONDS,
)
ZONE_FORECAST = KeyedGauge(
    FRAMES,
    "pulso_zone_forecast_persons",
    "People expected after so many minutes",
    ["camera", "zone", "minutes"],
    expires_seconds=SEEN_SECONDS,
)
ZONE_LIMIT = KeyedGauge(
    FRAMES,
    "pulso_zone_limit_probability_ratio",
    "Chance that a zone is full before staff can act",
    ["camera", "zone"],
    expires_seconds=SEEN_SECONDS,
)
ZONE_SPEED = KeyedGauge(
    FRAMES,
    "pulso_zone_speed_metres_per_second",
    "Mean speed of the people in a zone",
    ["camera", "zone"],
    expires_seconds=SEEN_SECONDS,
)
ZONE_PRESSURE = KeyedGauge(
    FRAMES,
    "pulso_zone_crowd_pressure_per_square_second",
    "Density times variance of velocity (Helbing)",
    ["camera", "zone"],
    expires_seconds=SEEN_SECONDS,
)
ZONE_COUNTER_FLOW = KeyedGauge(
    FRAMES,
    "pulso_zone_counter_flow_ratio",
    "0 all one way, 1 as many the other way",
    ["camera", "zone"],
    expires_seconds=SEEN_SECONDS,
)
