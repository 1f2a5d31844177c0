"""Alert rules of sources: one that is silent for longer than its rhythm allows, and all of a process at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.alerts import Audience, Severity
from schemas.rules import RuleSettings
from schemas.sources import ProcessState, SourceState
from schemas.venue import Venue

LISTED = 6
"""Sources that the alert of a process names."""


def measure_silence(kind: str, state: SourceState, venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a source of one kind that is silent, 0 for one that is not.

    Nothing for one whose process has an alert, so that fifty sources don't raise fifty.
    """
    if state.kind != kind or state.covered:
        return
    parameters: dict[str, Parameter] = {"source": state.name, "since": _clock(state, venue)}
    if not state.silent:
        message = Message("clear" if state.watched else "ended", parameters)
    elif state.reason == "pace":
        message = Message("pace", parameters)
    else:
        reason: Parameter = Message("reason_process") if state.reason == "process" else state.reason
        message = Message("reason" if state.reason else "text", {**parameters, "reason": reason})
    yield Measurement(subject=state.name, value=1.0 if state.silent else 0.0, message=message)


def measure_process(state: ProcessState, venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a process all of whose sources are silent, 0 for one that delivers."""
    named = ", ".join(state.sources[:LISTED]) + (", …" if len(state.sources) > LISTED else "")
    parameters: dict[str, Parameter] = {
        "process": state.process, "since": _clock(state, venue), "silent": len(state.sources),
        "number": state.number, "sources": named,
    }  # fmt: skip
    message = Message(state.cause or "clear", parameters if state.cause else {"process": state.process})
    yield Measurement(subject=state.process, value=1.0 if state.silent else 0.0, message=message)


def _clock(state: SourceState | ProcessState, venue: Venue) -> str:
    return state.since.astimezone(ZoneInfo(venue.timezone)).strftime("%H:%M:%S")


def _settings(severity: Severity, audience: list[Audience]) -> RuleSettings:
    # No on-delay: the watch has waited already for as long as the source's rhythm allows. A source that comes and goes
    # keeps one alert, which the off-delay holds open.
    return RuleSettings(
        raise_at=1, clear_at=0, off_delay_seconds=40, cool_down_seconds=60, severity=severity, audience=audience
    )


def _rule(kind: str, name: str, severity: Severity, audience: list[Audience]) -> AlertRule[SourceState]:
    measure: Callable[[SourceState, Venue], Iterator[Measurement]] = partial(measure_silence, kind)
    return AlertRule(
        name=name, result=SourceState, unit=Unit.NONE, defaults=_settings(severity, audience), measure=measure
    )


CAMERA_SILENT = _rule("camera", "camera-silent", "high", ["security"])
MICROPHONE_SILENT = _rule("microphone", "microphone-silent", "high", ["production"])
MAILBOX_SILENT = _rule("mailbox", "mailbox-silent", "high", ["support"])
POSTS_SILENT = _rule("posts", "posts-silent", "medium", ["support"])
TILLS_SILENT = _rule("tills", "tills-silent", "high", ["bar"])

SOURCES_SILENT = AlertRule(
    name="sources-silent",
    result=ProcessState,
    unit=Unit.NONE,
    defaults=_settings("critical", ["security", "production", "support"]),
    measure=measure_process,
)

RULES: tuple[AlertRule[Any], ...] = (
    CAMERA_SILENT,
    MICROPHONE_SILENT,
    MAILBOX_SILENT,
    POSTS_SILENT,
    TILLS_SILENT,
    SOURCES_SILENT,
)
