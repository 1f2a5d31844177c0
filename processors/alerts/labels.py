"""Labels made of people's verdicts on alerts, and the precision of a rule by its labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct

from processors.alerts.alarm import VERDICT_OF_ACTION
from schemas.alerts import Alert, AlertAction, AlertLabel
from schemas.errors import PulsoError
from schemas.ids import AlertId, AlertKey

WINDOW = 30
"""Newest alerts with a verdict that the live precision of a rule is computed from. With half of 30 confirmed, the 95 %
interval (Wilson) is 0.33 to 0.67: a fall from good to useless shows, and last year's model has no weight."""

_ALERT_ID = re.compile(r"(?P<key>.+)@(?P<raised>\d{8}T\d{6}\.\d{6})", re.DOTALL)


class AlertIdError(PulsoError, ValueError):
    """A verdict names something that is not the id of an alert of its key."""


def split_alert_id(alert_id: AlertId) -> tuple[AlertKey, datetime] | None:
    """Return key and raising time that the id of an alert is made of, or None where it is not such an id.

    >>> split_alert_id("violence/gate@20260704T220000.500000")
    ('violence/gate', datetime.datetime(2026, 7, 4, 22, 0, 0, 500000, tzinfo=datetime.timezone.utc))
    >>> split_alert_id("violence/gate") is None
    True
    """
    match = _ALERT_ID.fullmatch(alert_id)
    if match is None:
        return None
    try:
        return AlertKey(match["key"]), datetime.strptime(match["raised"], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def label_of(action: AlertAction, step: Alert | None) -> AlertLabel | None:
    """Return the label that a verdict makes: of the alert that it changed, or of an older one that it names by id.

    Args:
        action: a person's action; only confirm and reject make labels.
        step: the step of the alert that the action caused, or None where the state no longer has that alert.

    Raises:
        AlertIdError: `action.alert` is not an id of that key.
    """
    verdict = VERDICT_OF_ACTION.get(action.action)
    if verdict is None:
        return None
    if step is not None:
        return AlertLabel(
            id=step.id, key=step.key, rule=step.rule, subject=step.subject, raised_at=step.raised_at, time=action.time,
            verdict=verdict, by=action.by, note=action.note, peak=step.peak, evidence=step.evidence,
        )  # fmt: skip
    if action.alert is None:
        return None
    parts = split_alert_id(action.alert)
    rule, _, subject = action.key.partition("/")
    if parts is None or parts[0] != action.key or not subject:
        raise AlertIdError(
            f"{action.alert!r} is not an alert of the key {action.key!r}; an id is the key, @ and the time of raising"
        )
    return AlertLabel(
        id=action.alert, key=action.key, rule=rule, subject=subject, raised_at=parts[1], time=action.time,
        verdict=verdict, by=action.by, note=action.note,
    )  # fmt: skip


class Precision(Struct, frozen=True):
    """Share of the last alerts of a rule with a verdict that were confirmed."""

    judged: int
    confirmed: int

    @property
    def ratio(self) -> float:
        """Confirmed ÷ judged.

        >>> Precision(8, 6).ratio
        0.75
        """
        return self.confirmed / self.judged


def precision(labels: Iterable[AlertLabel], window: int = WINDOW) -> dict[str, Precision]:
    """Return the precision of each rule over its `window` newest alerts with a verdict; each alert counts once.

    The order is that of raising, so a verdict that is repeated or changed does not move an alert.
    """
    by_rule: dict[str, list[AlertLabel]] = defaultdict(list)
    for label in {label.id: label for label in labels}.values():
        by_rule[label.rule].append(label)
    measured = {}
    for rule, judged in by_rule.items():
        newest = sorted(judged, key=lambda label: (label.raised_at, label.id))[-window:]
        measured[rule] = Precision(len(newest), sum(label.verdict == "confirmed" for label in newest))
    return measured
