"""Alert rule of music: a stage without sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.music import MusicTags
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_silence(tags: MusicTags, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a silent stage, else 0."""
    yield Measurement(
        subject=tags.stage,
        value=1.0 if tags.silent else 0.0,
        message=Message("text" if tags.silent else "clear", {"stage": tags.stage}),
    )


STAGE_SILENT = AlertRule(
    name="stage-silent",
    result=MusicTags,
    unit=Unit.NONE,
    defaults=RuleSettings(
        raise_at=1, clear_at=0, on_delay_seconds=10, off_delay_seconds=5, cool_down_seconds=60,
        severity="low", audience=["production"],
    ),
    measure=measure_silence,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (STAGE_SILENT,)
