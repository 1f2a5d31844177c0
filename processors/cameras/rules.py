"""Alert rule of cameras: a camera whose picture can't be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.crowd import CrowdCount
from schemas.rules import RuleSettings
from schemas.venue import Venue

REASONS = ("black", "overexposed", "covered", "blurred", "frozen", "smoke", "pyrotechnics", "obstructed", "damaged")
"""Camera faults that have a word in the message files."""


def measure_blindness(count: CrowdCount, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a camera that is blind, 0 for one that is not."""
    if not count.blind:
        message = Message("clear", {"camera": count.camera})
    else:
        reason = Message(f"reason_{count.blind}") if count.blind in REASONS else count.blind
        message = Message("text", {"camera": count.camera, "reason": reason})
    yield Measurement(subject=count.camera, value=1.0 if count.blind else 0.0, message=message, evidence=count.evidence)


CAMERA_BLIND = AlertRule(
    name="camera-blind",
    result=CrowdCount,
    unit=Unit.NONE,
    defaults=RuleSettings(
        raise_at=1, clear_at=0, on_delay_seconds=15, off_delay_seconds=10, cool_down_seconds=300,
        severity="medium", audience=["security", "production"],
    ),
    measure=measure_blindness,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (CAMERA_BLIND,)
