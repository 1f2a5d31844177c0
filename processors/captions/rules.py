"""Alert rule of captions: speech that was dropped because the worker can't keep up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.captions import CaptionLine
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_skipped(line: CaptionLine, _venue: Venue) -> Iterator[Measurement]:
    """Yield the seconds of speech that were dropped before a line."""
    if line.automatic:
        name = "text" if line.skipped_seconds else "clear"
        message = Message(name, {"stage": line.stage, "seconds": line.skipped_seconds})
        yield Measurement(subject=line.stage, value=line.skipped_seconds, message=message)


CAPTIONS_BEHIND = AlertRule(
    name="captions-behind",
    result=CaptionLine,
    unit=Unit.NONE,
    defaults=RuleSettings(
        raise_at=3, clear_at=0, off_delay_seconds=30, cool_down_seconds=60, severity="low", audience=["production"]
    ),
    measure=measure_skipped,
)

RULES: tuple[AlertRule[Any], ...] = (CAPTIONS_BEHIND,)
