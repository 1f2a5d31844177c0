"""Alert rules of show stops: one is proposed, one is confirmed. Through them people are notified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.rules import RuleSettings
from schemas.show_stop import ALL_STAGES, SHOW_STOP, ShowStop
from schemas.venue import Venue

_SETTINGS = RuleSettings(raise_at=1, clear_at=0, severity="critical", audience=["security", "production"])


def measure_proposal(stop: ShowStop, venue: Venue) -> Iterator[Measurement]:
    """Yield 1 while a show stop waits for its confirmation."""
    names = ", ".join(f"{one.name} ({one.role})" for one in venue.section(SHOW_STOP).confirmers)
    parameters = {**_parameters(stop), "by": stop.proposed_by, "confirmers": names}
    yield _measurement(stop, stop.state == "proposed", parameters)


def measure_stop(stop: ShowStop, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 while a show stop is confirmed."""
    parameters = {**_parameters(stop), "by": stop.confirmed_as or stop.by}
    yield _measurement(stop, stop.state == "confirmed", parameters)


def _measurement(stop: ShowStop, is_so: bool, parameters: dict[str, Parameter]) -> Measurement:
    template = "text" if is_so else "over"
    return Measurement(subject=stop.stage, value=float(is_so), message=Message(template, parameters))


def _parameters(stop: ShowStop) -> dict[str, Parameter]:
    stage: Parameter = Message("all_stages") if stop.stage == ALL_STAGES else stop.stage
    return {"stage": stage, "trigger": stop.trigger, "note": f" {stop.note}" if stop.note else ""}


SHOW_STOP_PROPOSED = AlertRule(
    name="show-stop-proposed",
    result=ShowStop,
    unit=Unit.NONE,
    defaults=_SETTINGS,
    measure=measure_proposal,
    danger_to_life=True,
)

SHOW_STOP_CONFIRMED = AlertRule(
    name="show-stop",
    result=ShowStop,
    unit=Unit.NONE,
    defaults=_SETTINGS,
    measure=measure_stop,
    danger_to_life=True,
)

RULES: tuple[AlertRule[Any], ...] = (SHOW_STOP_PROPOSED, SHOW_STOP_CONFIRMED)
