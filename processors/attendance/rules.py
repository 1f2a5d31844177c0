"""Alert rule of attendance: people in the venue against its capacity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.attendance import VenueOccupancy
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_capacity(occupancy: VenueOccupancy, venue: Venue) -> Iterator[Measurement]:
    """Yield people ÷ capacity where the venue file gives the capacity."""
    if venue.capacity is not None:
        parameters: dict[str, Parameter] = {"persons": occupancy.persons, "capacity": venue.capacity}
        if occupancy.blind:
            parameters["blind"] = ", ".join(occupancy.blind)
        yield Measurement(
            subject=occupancy.venue,
            value=occupancy.persons / venue.capacity,
            message=Message("blind" if occupancy.blind else "text", parameters),
        )


VENUE_CAPACITY = AlertRule(
    name="venue-capacity",
    result=VenueOccupancy,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.95, clear_at=0.9, on_delay_seconds=20, off_delay_seconds=60, cool_down_seconds=300,
        severity="high", audience=["security", "production"],
    ),
    measure=measure_capacity,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (VENUE_CAPACITY,)
