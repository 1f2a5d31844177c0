"""Alert rule of the assistant: an attendee who reports danger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, LocalizedText, Measurement, Message, Unit
from schemas.assistant import AssistantAnswer
from schemas.rules import RuleSettings
from schemas.venue import Venue

DANGERS = ("medical", "child", "harassment", "fire", "crowd", "violence", "distress", "general")
"""Kinds of danger; each has a template in the message files."""


def measure_danger(answer: AssistantAnswer, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a report of danger. Each is an alert of its own, so other answers yield nothing."""
    if not answer.urgent:
        return
    kind = Message(answer.danger if answer.danger in DANGERS else "general")
    parameters: dict[str, Any] = {"kind": kind, "summary": answer.summary}
    template = "nowhere"
    if answer.here:
        template = "text"
        parameters["place"] = LocalizedText({"es": answer.here_es, "en": answer.here_en}, answer.here_en or answer.here)
    yield Measurement(subject=answer.event_id, value=1.0, message=Message(template, parameters))


ASSISTANT_DANGER = AlertRule(
    name="assistant-danger",
    result=AssistantAnswer,
    unit=Unit.NONE,
    defaults=RuleSettings(raise_at=1, clear_at=0, severity="critical", audience=["security"]),
    measure=measure_danger,
    joins_incidents=True,
    readable_subject=False,
    danger_to_life=True,
)

RULES: tuple[AlertRule[Any], ...] = (ASSISTANT_DANGER,)
