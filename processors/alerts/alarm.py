"""The life of one alert: on-delay, deadband, off-delay, re-alarm time, acknowledgement.

The mechanisms are those of OPC UA part 9 and EEMUA 191. An `AlarmState` is the state of one key; it is plain data,
so a stream worker can store it as a row, and a step that is repeated after a crash changes nothing.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from schemas.alerts import Alert, AlertAction, Observation, Verdict
from schemas.rules import RuleSettings

RECENT = 16
"""Ids remembered against repetition. A key sees its events in order, so a repeat is never far away."""

VERDICT_OF_ACTION: dict[str, Verdict] = {"confirm": "confirmed", "reject": "rejected"}
"""What a person's verb says of an alert."""

LONGEST_KEY = 170
"""of which an id is made whole: ids have at most 200 characters, and a mail has an id of its own in its key"""

REMEMBERED = 4
"""Resolved alerts of a key that a late verdict still finds whole; of an older one the verdict alone is kept."""

WRONG_CLOCK = timedelta(minutes=1)
"""A value so far ahead of now, followed by one that is so far before it, came from a clock that has been put right."""

WORTH_TELLING = 1.1
"""An open alert is told again when its value exceeds the last one told by this factor."""


class AlarmState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one alert key. Times are those of the events, never of the clock."""

    recent: tuple[str, ...] = ()
    last_time: datetime | None = None
    above_since: datetime | None = None
    below_since: datetime | None = None
    closed_at: datetime | None = None
    alert: Alert | None = None
    """the last step told of the open alert; None while nothing is open"""
    closed: tuple[Alert, ...] = ()
    """the last resolved alerts, oldest first"""


def apply_observation(
    alarm: AlarmState, observation: Observation, rule: RuleSettings, wall_clock: datetime | None = None
) -> tuple[AlarmState, Alert | None]:
    """Apply one value; returns the new state and the step to tell, if there is one.

    A repeated observation changes nothing, and one that is older than the last is too late to matter. But where the
    last one lies ahead of the wall clock, its source's clock was wrong and now is right: waiting until that time is
    reached again would keep an alarm silent for up to an hour.

    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> rule = RuleSettings(raise_at=3.5, clear_at=3, on_delay_seconds=10, audience=["security"])
    >>> def see(seconds, value):
    ...     return Observation(id=str(seconds), key="density/front", rule="crowd-density", subject="front",
    ...                        time=noon + timedelta(seconds=seconds), value=value)
    >>> alarm, step = apply_observation(AlarmState(), see(0, 4.0), rule)
    >>> step is None
    True
    >>> alarm, step = apply_observation(alarm, see(10, 4.2), rule)
    >>> step.state, step.version, step.peak
    ('raised', 1, 4.2)
    >>> alarm, step = apply_observation(alarm, see(11, 2.9), rule)
    >>> step.state, alarm.alert
    ('resolved', None)
    """
    if observation.id in alarm.recent:
        return alarm, None
    if alarm.last_time is not None and observation.time < alarm.last_time:
        if wall_clock is None or max(observation.time, wall_clock) > alarm.last_time - WRONG_CLOCK:
            return alarm, None
        alarm = replace(alarm, above_since=None, below_since=None, closed_at=None)
    value, now = observation.value, observation.time
    alarm = replace(
        alarm,
        recent=(*alarm.recent[1 - RECENT :], observation.id),
        last_time=now,
        above_since=(alarm.above_since or now) if value >= rule.raise_at else None,
        below_since=(alarm.below_since or now) if value <= rule.clear_at else None,
    )
    if alarm.alert is None:
        return _maybe_raise(alarm, observation, rule)
    if alarm.below_since is not None and now - alarm.below_since >= timedelta(seconds=rule.off_delay_seconds):
        last = replace(alarm.alert, value=value, time=now, event_id=observation.id, text=observation.text, by=None)
        return _close(alarm, replace(last, amount_before=None))
    changed = _asks_for_another(alarm.alert, observation, rule)
    if value > alarm.alert.peak * WORTH_TELLING or changed:
        step = replace(
            alarm.alert,
            version=alarm.alert.version + 1,
            state="updated",
            value=value,
            peak=max(value, alarm.alert.peak),
            time=now,
            event_id=observation.id,
            text=observation.text,
            by=None,
            evidence=observation.evidence or alarm.alert.evidence,
            amount=observation.amount or alarm.alert.amount,
            source=observation.source or alarm.alert.source,
            amount_before=alarm.alert.amount if changed else None,
        )
        return replace(alarm, alert=step), step
    return alarm, None


def apply_action(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    """Apply what a person did. Without an open alert there is nothing to do, which is not an error:
    the value may have cleared while the finger was on its way. A verdict finds a resolved alert too.
    """
    if action.id in alarm.recent:
        return alarm, None
    alarm = replace(alarm, recent=(*alarm.recent[1 - RECENT :], action.id))
    alert = alarm.alert
    if action.action in VERDICT_OF_ACTION and (alert is None or action.alert not in (None, alert.id)):
        return _judge_closed(alarm, action)
    if alert is None or action.alert not in (None, alert.id):
        return alarm, None
    step = replace(
        alert,
        version=alert.version + 1,
        amount_before=None,
        time=max(action.time, alert.time),
        event_id=action.id,
        note=action.note,
        by=action.by,
    )
    match action.action:
        case "acknowledge":
            step = replace(step, state="acknowledged", acknowledged_by=alert.acknowledged_by or action.by)
        case "note":
            step = replace(step, state="noted", notes=alert.notes + 1)
        case "assign":
            step = replace(step, state="assigned", assigned_to=action.to or action.by)
        case "confirm" | "reject":
            step = replace(step, state="judged", verdict=VERDICT_OF_ACTION[action.action])
        case "resolve":
            return _close(alarm, replace(step, version=alert.version, resolved_by=action.by))
    return replace(alarm, alert=step), step


def alert_id(key: str, raised_at: datetime) -> str:
    """The id of the alert of a key that is raised at a time; a long key is cut and told apart by a hash.

    >>> alert_id("violence/gate", datetime(2026, 7, 4, 22, tzinfo=UTC))
    'violence/gate@20260704T220000.000000'
    """
    if len(key) > LONGEST_KEY:
        key = f"{key[: LONGEST_KEY - 13]}~{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    return f"{key}@{raised_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


def _maybe_raise(alarm: AlarmState, observation: Observation, rule: RuleSettings) -> tuple[AlarmState, Alert | None]:
    now = observation.time
    if alarm.above_since is None or now - alarm.above_since < timedelta(seconds=rule.on_delay_seconds):
        return alarm, None
    if alarm.closed_at is not None and now - alarm.closed_at < timedelta(seconds=rule.cool_down_seconds):
        return alarm, None
    step = Alert(
        id=alert_id(observation.key, now),
        key=observation.key,
        version=1,
        rule=observation.rule,
        subject=observation.subject,
        state="raised",
        severity=rule.severity,
        audience=tuple(rule.audience),
        raised_at=now,
        time=now,
        value=observation.value,
        peak=observation.value,
        threshold=rule.raise_at,
        text=observation.text,
        evidence=observation.evidence,
        event_id=observation.id,
        amount=observation.amount,
        source=observation.source,
    )
    return replace(alarm, alert=step), step


def _asks_for_another(alert: Alert, observation: Observation, rule: RuleSettings) -> bool:
    """Whether people would carry the wrong amount, or from the wrong place, by what they were told last."""
    before, now = alert.amount, observation.amount
    if not before or not now or observation.time - alert.time < timedelta(seconds=rule.cool_down_seconds):
        return False
    return observation.source != alert.source or max(now / before, before / now) >= rule.amount_factor


def _judge_closed(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    """A verdict on an alert that is resolved: the one named, or the last."""
    for place in reversed(range(len(alarm.closed))):
        alert = alarm.closed[place]
        if action.alert in (None, alert.id):
            step = replace(
                alert,
                version=alert.version + 1,
                state="judged",
                verdict=VERDICT_OF_ACTION[action.action],
                time=max(action.time, alert.time),
                event_id=action.id,
                note=action.note,
                by=action.by,
            )
            return replace(alarm, closed=(*alarm.closed[:place], step, *alarm.closed[place + 1 :])), step
    return alarm, None


def _close(alarm: AlarmState, last: Alert) -> tuple[AlarmState, Alert]:
    step = replace(last, version=last.version + 1, state="resolved", resolved_at=last.time)
    closed = (*alarm.closed[1 - REMEMBERED :], step)
    # By the clock of the observations, which a replayed evening has of its own; a person acts by the wall clock.
    closed_at = alarm.last_time or step.time
    return replace(alarm, alert=None, closed_at=closed_at, above_since=None, below_since=None, closed=closed), step
