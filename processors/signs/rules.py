"""Alert rule of signs: a display that has not been heard of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.rules import RuleSettings
from schemas.signs import SIGNS, SignSilence
from schemas.venue import Venue


def measure_silence(silence: SignSilence, venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a sign that is silent, 0 for one that has been heard of."""
    sign = next((sign for sign in venue.section(SIGNS) if sign.id == silence.sign), None)
    parameters: dict[str, Parameter] = {
        "sign": (sign.title if sign is not None else "") or silence.sign,
        "place": Message("at", {"place": sign.place}) if sign is not None and sign.place else "",
    }
    if not silence.silent:
        message = Message("clear", parameters)
    elif silence.heard:
        since = silence.since.astimezone(ZoneInfo(venue.timezone)).strftime("%H:%M:%S")
        message = Message("text", {**parameters, "since": since})
    else:
        message = Message("never", parameters)
    yield Measurement(subject=silence.sign, value=1.0 if silence.silent else 0.0, message=message)


SIGN_SILENT = AlertRule(
    name="sign-silent",
    result=SignSilence,
    unit=Unit.NONE,
    # No on-delay: the watch has waited for `processors.signs.watch.SILENCE`. Two polls that a busy network loses must
    # not open and close the alert again and again, so it is held for a while.
    defaults=RuleSettings(
        raise_at=1, clear_at=0, off_delay_seconds=10, cool_down_seconds=30, severity="high", audience=["security"]
    ),
    measure=measure_silence,
)

RULES: tuple[AlertRule[Any], ...] = (SIGN_SILENT,)
