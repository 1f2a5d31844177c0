"""Alert rule of violence: a fight that a camera may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.rules import RuleSettings
from schemas.venue import Venue
from schemas.violence import ViolenceScore


def measure_violence(score: ViolenceScore, _venue: Venue) -> Iterator[Measurement]:
    """Yield the probability of a fight."""
    yield Measurement(
        subject=score.camera,
        value=score.probability,
        message=Message("text", {"place": score.zone or score.camera, "camera": score.camera}),
        evidence=score.evidence,
    )


VIOLENCE_RULE = AlertRule(
    name="violence",
    result=ViolenceScore,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.8, clear_at=0.4, on_delay_seconds=1, off_delay_seconds=5, cool_down_seconds=60,
        severity="critical", audience=["security"],
    ),
    measure=measure_violence,
    joins_incidents=True,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (VIOLENCE_RULE,)
