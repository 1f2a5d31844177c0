"""Alert rule of the feature: too loud at a neighbour's house."""

from __future__ import annotations

from collections.abc import Iterator

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from pulso_noise.topics import Level
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure(level: Level, _venue: Venue) -> Iterator[Measurement]:
    """Yield the level in decibels."""
    yield Measurement(
        subject=level.place,
        value=level.decibels,
        message=Message(parameters={"place": level.place, "decibels": level.decibels}),
    )


RULES = (
    AlertRule(
        name="noise-limit",
        result=Level,
        unit=Unit.NONE,
        defaults=RuleSettings(raise_at=75, clear_at=70, audience=["production"]),
        measure=measure,
    ),
)
