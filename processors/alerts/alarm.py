"""Life cycle of an alert: on-delay, deadband, off-delay, cool-down, acknowledgement.

The mechanisms are those of OPC UA part 9 and EEMUA 191. An `AlarmState` is the state of one alert key. It is plain
data, which the alerts worker stores as a row; a step that is repeated after a crash changes nothing. The delays are
compared with time that the samples show the value to be beyond a threshold, see `processors.alerts.persistence`:
single samples and silence between samples are no such time, and a short dip does not undo it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from processors.alerts.persistence import StateTimes, add_sample, has_lasted
from processors.alerts.shelving import TIMER, Shelf, breaks_through, shelf_of
from schemas.alerts import Alert, AlertAction, AlertState, Observation, Verdict
from schemas.ids import AlertId, AlertKey, EventId
from schemas.rules import RuleSettings

MAX_RECENT_IDS = 16
"""Ids of the last events, kept to detect repetition. A key gets its events in order, so a repeat is never far away."""

VERDICT_OF_ACTION: dict[str, Verdict] = {"confirm": "confirmed", "reject": "rejected"}
"""Verdict that an action gives; the other actions give none."""

MAX_KEY_LENGTH = 170
"""Longest key that becomes part of an id as it is: ids have at most 200 characters, and keys contain ids of mails."""

MAX_CLOSED_ALERTS = 4
"""Resolved alerts of a key that are kept for late verdicts; of an older alert only the verdict is kept."""

NEVER_RAISED_IDLE = timedelta(hours=6)
"""Time for which the state of a key without an alert is kept after its last value. Long before, it says nothing about
the next value (`persistence.MAX_GAP`), and values are no longer in Kafka, from where they might be repeated."""

CLOSED_IDLE = timedelta(days=3)
"""Time for which resolved alerts are kept for late verdicts, after the last value, action or verdict: from a festival's
Friday to its Monday. Of an older alert only the verdict is kept. It is longer than actions are in Kafka."""

CLOCK_SKEW = timedelta(minutes=1)
"""An event this far ahead of now, followed by one this far before it, came from a clock that was corrected since."""

UPDATE_FACTOR = 1.1
"""An open alert is updated when its value exceeds its highest one so far by this factor."""


class AlarmState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """State of one alert key. Times are those of the events, never of the wall clock."""

    recent: tuple[EventId, ...] = ()
    """Ids of the last observations and actions, oldest first."""
    last_time: datetime | None = None
    """Time of the last observation."""
    last_value: float | None = None
    """Value of the last observation; None in rows of before, and after an interruption."""
    period_seconds: float | None = None
    """Usual seconds between two observations; None before the second."""
    above_seconds: float = 0.0
    """Time with the value at `raise_at` or above, at most the on-delay."""
    below_seconds: float = 0.0
    """Time with the value at `clear_at` or below, at most the off-delay."""
    closed_at: datetime | None = None
    """Time at which the last alert was resolved."""
    alert: Alert | None = None
    """Last step of the open alert; None while none is open."""
    closed: tuple[Alert, ...] = ()
    """Last resolved alerts, oldest first."""
    shelf: Shelf | None = None
    """Set while alerts of this key are shelved."""


def keep_alarm(alarm: AlarmState, longest_delay: timedelta) -> timedelta | None:
    """Return how long the state of a key is kept after its last change; None while its alert is open.

    Args:
        longest_delay: longest delay or cool-down of any rule.

    >>> keep_alarm(AlarmState(), timedelta(0)) == NEVER_RAISED_IDLE
    True
    """
    if alarm.alert is not None:
        return None
    return max(CLOSED_IDLE if alarm.closed else NEVER_RAISED_IDLE, 2 * longest_delay)


def apply_observation(
    alarm: AlarmState, observation: Observation, settings: RuleSettings, wall_clock: datetime | None = None
) -> tuple[AlarmState, Alert | None]:
    """Apply one value; return the new state, and the step of the alert if there is one.

    A repeated observation changes nothing, nor does one that is older than the last. But if the last one lies ahead of
    the wall clock, the clock of its source was wrong and has been corrected: ignoring values until that time is reached
    again would keep the alarm silent for up to an hour.

    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> settings = RuleSettings(raise_at=3.5, clear_at=3, on_delay_seconds=10, audience=["security"])
    >>> def observed(seconds, value):
    ...     return Observation(id=str(seconds), key="density/front", rule="crowd-density", subject="front",
    ...                        time=noon + timedelta(seconds=seconds), value=value)
    >>> alarm, step = apply_observation(AlarmState(), observed(0, 4.0), settings)
    >>> step is None
    True
    >>> alarm, step = apply_observation(alarm, observed(10, 4.2), settings)
    >>> step.state, step.version, step.peak
    ('raised', 1, 4.2)
    >>> alarm, step = apply_observation(alarm, observed(11, 2.9), settings)
    >>> step.state, alarm.alert
    ('resolved', None)
    """
    if observation.id in alarm.recent:
        return alarm, None
    if observation.blind_since is not None:
        return _mark_blind(alarm, observation, observation.blind_since)
    if alarm.last_time is not None and observation.time < alarm.last_time:
        if wall_clock is None or max(observation.time, wall_clock) > alarm.last_time - CLOCK_SKEW:
            return alarm, None
        alarm = replace(alarm, last_time=None, last_value=None, above_seconds=0.0, below_seconds=0.0, closed_at=None)
    value, now = observation.value, observation.time
    alarm = replace(
        _add_sample(alarm, observation, settings),
        recent=(*alarm.recent[1 - MAX_RECENT_IDS :], observation.id),
        last_time=now,
        last_value=value,
    )
    if alarm.alert is None:
        alarm, step = _raise_if_due(alarm, observation, settings)
    else:
        alarm, step = _clear_or_update(alarm, alarm.alert, observation, settings)
    if alarm.shelf is None or alarm.alert is None:
        return alarm, step
    return _apply_shelf(alarm, alarm.alert, alarm.shelf, step, observation, settings, wall_clock or now)


def apply_action(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    """Apply a person's action; return the new state, and the step of the alert if there is one.

    An action on an alert that is no longer open changes nothing, which is not an error: the value may have cleared
    while the person was acting. A verdict is also accepted for a resolved alert.
    """
    if action.id in alarm.recent:
        return alarm, None
    alarm = replace(alarm, recent=(*alarm.recent[1 - MAX_RECENT_IDS :], action.id))
    alert = alarm.alert
    if alert is None or action.alert not in (None, alert.id):
        return _act_on_closed_alert(alarm, action)
    return _act_on_open_alert(alarm, alert, action)


def alert_id(key: AlertKey, raised_at: datetime) -> AlertId:
    """Return the id of the alert of a key that is raised at a time; the end of a long key is replaced by a hash.

    >>> alert_id("violence/gate", datetime(2026, 7, 4, 22, tzinfo=UTC))
    'violence/gate@20260704T220000.000000'
    """
    if len(key) > MAX_KEY_LENGTH:
        key = AlertKey(f"{key[: MAX_KEY_LENGTH - 13]}~{hashlib.sha256(key.encode()).hexdigest()[:12]}")
    return AlertId(f"{key}@{raised_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}")


def _add_sample(alarm: AlarmState, observation: Observation, settings: RuleSettings) -> AlarmState:
    """Add the interval since the last observation to the times above and below the thresholds."""
    if alarm.last_time is None or alarm.last_value is None:
        return replace(alarm, above_seconds=0.0, below_seconds=0.0)
    times = StateTimes(alarm.above_seconds, alarm.below_seconds, alarm.period_seconds)
    gap = observation.time - alarm.last_time
    times = add_sample(times, alarm.last_value, observation.value, gap, settings)
    return replace(alarm, above_seconds=times.above, below_seconds=times.below, period_seconds=times.period)


def _raise_if_due(
    alarm: AlarmState, observation: Observation, settings: RuleSettings
) -> tuple[AlarmState, Alert | None]:
    now = observation.time
    if observation.value < settings.raise_at or not has_lasted(alarm.above_seconds, settings.on_delay_seconds):
        return alarm, None
    if alarm.closed_at is not None and now - alarm.closed_at < timedelta(seconds=settings.cool_down_seconds):
        return alarm, None
    step = Alert(
        id=alert_id(observation.key, now),
        key=observation.key,
        version=1,
        rule=observation.rule,
        subject=observation.subject,
        state="raised",
        severity=settings.severity,
        audience=tuple(settings.audience),
        raised_at=now,
        time=now,
        value=observation.value,
        peak=observation.value,
        threshold=settings.raise_at,
        text=observation.text,
        evidence=observation.evidence,
        event_id=observation.id,
        amount=observation.amount,
        source=observation.source,
        origin=observation.origin,
    )
    return replace(alarm, alert=step), step


def _clear_or_update(
    alarm: AlarmState, alert: Alert, observation: Observation, settings: RuleSettings
) -> tuple[AlarmState, Alert | None]:
    if observation.value <= settings.clear_at and has_lasted(alarm.below_seconds, settings.off_delay_seconds):
        last = replace(
            alert,
            value=observation.value,
            time=observation.time,
            event_id=observation.id,
            text=observation.text,
            by=None,
        )
        return _close(alarm, replace(last, amount_before=None, blind_since=None))
    changed = _amount_changed(alert, observation, settings)
    is_high = observation.value >= settings.raise_at
    if observation.value > alert.peak * UPDATE_FACTOR or changed or alert.blind_since is not None:
        step = replace(
            alert,
            version=alert.version + 1,
            state="updated",
            value=observation.value,
            peak=max(observation.value, alert.peak),
            time=observation.time,
            event_id=observation.id,
            text=observation.text if is_high or changed else alert.text,
            by=None,
            evidence=observation.evidence or alert.evidence,
            amount=observation.amount or alert.amount,
            source=observation.source or alert.source,
            amount_before=alert.amount if changed else None,
            blind_since=None,
        )
        return replace(alarm, alert=step), step
    return alarm, None


def _mark_blind(alarm: AlarmState, observation: Observation, since: datetime) -> tuple[AlarmState, Alert | None]:
    """Mark the open alert: its source is silent, and its value is not known any more. The next value ends the mark."""
    alert = alarm.alert
    if alert is None or alert.blind_since is not None or observation.time < alert.raised_at:
        return alarm, None
    step = replace(
        alert,
        version=alert.version + 1,
        state="updated",
        time=max(observation.time, alert.time),
        event_id=observation.id,
        by=None,
        amount_before=None,
        blind_since=since,
    )
    recent = (*alarm.recent[1 - MAX_RECENT_IDS :], observation.id)
    return replace(alarm, recent=recent, alert=step), step


def _amount_changed(alert: Alert, observation: Observation, settings: RuleSettings) -> bool:
    """Return True if people who follow the last notification would carry a wrong amount, or from a wrong place."""
    before, now = alert.amount, observation.amount
    if not before or not now or observation.time - alert.time < timedelta(seconds=settings.cool_down_seconds):
        return False
    return observation.source != alert.source or max(now / before, before / now) >= settings.amount_factor


def _step_by_person(alert: Alert, action: AlertAction) -> Alert:
    """Return the next step of an alert, by the person who acts; its state is still that of the step before."""
    return replace(
        alert,
        version=alert.version + 1,
        amount_before=None,
        time=max(action.time, alert.time),
        event_id=action.id,
        note=action.note,
        by=action.by,
    )


def _act_on_open_alert(alarm: AlarmState, alert: Alert, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    step = _step_by_person(alert, action)
    match action.action:
        case "acknowledge":
            step = replace(step, state="acknowledged", acknowledged_by=alert.acknowledged_by or action.by)
        case "note":
            step = replace(step, state="noted", notes=alert.notes + 1)
        case "assign":
            step = replace(step, state="assigned", assigned_to=action.to or action.by)
        case "confirm" | "reject":
            step = replace(step, state="judged", verdict=VERDICT_OF_ACTION[action.action])
        case "shelve":
            shelf = shelf_of(action, alert)
            return _with_step(replace(alarm, shelf=shelf), _shelved(replace(step, state="shelved"), shelf))
        case "unshelve":
            if alarm.shelf is None or not _may_unshelve(alarm.shelf, action):
                return alarm, None
            return _with_step(replace(alarm, shelf=None), replace(_shelved(step, None), state="unshelved"))
        case "resolve":
            return _close(alarm, replace(step, version=alert.version, resolved_by=action.by))
    return _with_step(alarm, step)


def _with_step(alarm: AlarmState, step: Alert) -> tuple[AlarmState, Alert]:
    return replace(alarm, alert=step), step


def _shelved(step: Alert, shelf: Shelf | None) -> Alert:
    """Return a step with the shelf that its alert is on, or with none."""
    if shelf is None:
        return replace(step, shelved_until=None, shelved_by=None, shelved_reason="")
    return replace(step, shelved_until=shelf.until, shelved_by=shelf.by, shelved_reason=shelf.reason)


def _may_unshelve(shelf: Shelf, action: AlertAction) -> bool:
    """Return False for the end of a time that a person has prolonged since."""
    return action.by != TIMER or action.time >= shelf.until


def _apply_shelf(
    alarm: AlarmState,
    alert: Alert,
    shelf: Shelf,
    step: Alert | None,
    observation: Observation,
    settings: RuleSettings,
    wall_clock: datetime,
) -> tuple[AlarmState, Alert | None]:
    """Keep the open alert of a shelved key on its shelf, or end the shelving where its time is over or it got worse."""
    is_worse = observation.value >= settings.raise_at and breaks_through(shelf, settings.severity, observation.value)
    if wall_clock < shelf.until and not is_worse:
        return alarm if step is None else replace(alarm, alert=_shelved(step, shelf)), step and _shelved(step, shelf)
    if step is None:
        step = replace(
            alert, version=alert.version + 1, value=observation.value, peak=max(observation.value, alert.peak),
            time=observation.time, event_id=observation.id, by=None, amount_before=None, blind_since=None,
        )  # fmt: skip
    state: AlertState = "raised" if step.state == "raised" else "unshelved"
    step = replace(_shelved(step, None), state=state, severity=settings.severity)
    return _with_step(replace(alarm, shelf=None), step)


def _act_on_closed_alert(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    if action.action in VERDICT_OF_ACTION:
        return _judge_closed_alert(alarm, action)
    if action.action == "unshelve" and alarm.shelf is not None and _may_unshelve(alarm.shelf, action):
        return _unshelve_closed_alert(replace(alarm, shelf=None), action)
    return alarm, None


def _unshelve_closed_alert(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    """End the shelving of a key whose last alert is resolved: that alert says so in one more step."""
    if alarm.alert is not None or not alarm.closed:
        return alarm, None
    step = replace(_shelved(_step_by_person(alarm.closed[-1], action), None), state="unshelved")
    return replace(alarm, closed=(*alarm.closed[:-1], step)), step


def _judge_closed_alert(alarm: AlarmState, action: AlertAction) -> tuple[AlarmState, Alert | None]:
    """Apply a verdict to a resolved alert: the one that it names, or the last."""
    for index in reversed(range(len(alarm.closed))):
        alert = alarm.closed[index]
        if action.alert in (None, alert.id):
            step = replace(_step_by_person(alert, action), state="judged", verdict=VERDICT_OF_ACTION[action.action])
            return replace(alarm, closed=(*alarm.closed[:index], step, *alarm.closed[index + 1 :])), step
    return alarm, None


def _close(alarm: AlarmState, last: Alert) -> tuple[AlarmState, Alert]:
    step = replace(last, version=last.version + 1, state="resolved", resolved_at=last.time)
    closed = (*alarm.closed[1 - MAX_CLOSED_ALERTS :], step)
    # By the time of the observations: that of an evening that is played back differs from the wall clock of a person.
    closed_at = alarm.last_time or step.time
    return replace(alarm, alert=None, closed_at=closed_at, above_seconds=0.0, below_seconds=0.0, closed=closed), step
