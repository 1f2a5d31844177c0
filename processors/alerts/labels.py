"""Verdicts: what a person saw behind an alert, kept as a label, and how often the alerts of a rule were right."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct

from processors.alerts.alarm import VERDICT_OF_ACTION
from schemas.alerts import Alert, AlertAction, AlertLabel
from schemas.errors import PulsoError

WINDOW = 30
"""Verdicts of a rule that its live precision is of, the newest alerts first: with half of 30 confirmed, the 95 %
interval (Wilson) is 0.33 to 0.67, so a fall from good to useless shows, and last year's model does not."""

_ID = re.compile(r"(?P<key>.+)@(?P<raised>\d{8}T\d{6}\.\d{6})", re.DOTALL)


class AlertIdError(PulsoError, ValueError):
    """A verdict names something that is no id of an alert of that key."""


def key_of(alert_id: str) -> tuple[str, datetime] | None:
    """Key and raising time that an alert's id is made of, or None where it is no such id.

    >>> key_of("violence/gate@20260704T220000.500000")
    ('violence/gate', datetime.datetime(2026, 7, 4, 22, 0, 0, 500000, tzinfo=datetime.timezone.utc))
    >>> key_of("violence/gate") is None
    True
    """
    found = _ID.fullmatch(alert_id)
    if found is None:
        return None
    try:
        return found["key"], datetime.strptime(found["raised"], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def label_of(action: AlertAction, step: Alert | None) -> AlertLabel | None:
    """The label that a verdict makes: of the alert it changed, or of an older one that it names by id.

    Args:
        action: what the person did; only confirm and reject make labels.
        step: the step of the alert that came of it, or None where that alert is no longer remembered.

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
    named = key_of(action.alert)
    rule, _, subject = action.key.partition("/")
    if named is None or named[0] != action.key or not subject:
        raise AlertIdError(
            f"{action.alert!r} is no alert of the key {action.key!r}; an id is the key, @ and the time of raising"
        )
    return AlertLabel(
        id=action.alert, key=action.key, rule=rule, subject=subject, raised_at=named[1], time=action.time,
        verdict=verdict, by=action.by, note=action.note,
    )  # fmt: skip


class Precision(Struct, frozen=True):
    """How often the last alerts of a rule that people judged were right."""

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
    """Precision by rule over the `window` newest alerts of it that were judged; each alert counts once.

    The order is that of raising, so a verdict that is repeated or changed moves nothing.
    """
    by_rule: dict[str, list[AlertLabel]] = defaultdict(list)
    for label in {label.id: label for label in labels}.values():
        by_rule[label.rule].append(label)
    found = {}
    for rule, judged in by_rule.items():
        newest = sorted(judged, key=lambda label: (label.raised_at, label.id))[-window:]
        found[rule] = Precision(len(newest), sum(label.verdict == "confirmed" for label in newest))
    return found
