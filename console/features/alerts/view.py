"""Verdicts on alerts, also on those that ended long ago, from the topic `alerts.labels`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TypedDict

from msgspec import Struct

from console.authentication import User
from console.update_hub import UpdateHub
from schemas.alerts import AlertLabel
from schemas.ids import AlertId
from schemas.venue import Venue
from stream.features import registry

CHANNEL = "verdicts"
MAX_VERDICTS = 5_000
"""More alerts than the streams in Redis hold at once."""


class ShownVerdict(TypedDict):
    """A verdict as pages get it."""

    alert: AlertId
    verdict: str
    by: str
    note: str


class VerdictsView:
    """The last verdict on each alert."""

    def __init__(self, venue: Venue, hub: UpdateHub) -> None:
        self._rules = registry.rule_settings(venue)
        self._hub = hub
        self._last: OrderedDict[AlertId, AlertLabel] = OrderedDict()

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a verdict and publish it at once.

        It does not wait for the next whole state, because two pages must agree within a second.
        """
        if isinstance(record, AlertLabel):
            self._last[record.id] = record
            self._last.move_to_end(record.id)
            while len(self._last) > MAX_VERDICTS:
                self._last.popitem(last=False)
            self._hub.publish(CHANNEL, record)
        return set()

    def state(self, channel: str = CHANNEL) -> Mapping[str, ShownVerdict]:
        """Return every verdict by alert; a page gets those of its user with `visible_to`."""
        return {label.id: shown_verdict(label) for label in self._last.values()}

    def visible_to(self, user: User) -> dict[AlertId, ShownVerdict]:
        """Return the verdicts on alerts that a user may see, by the alert's id."""
        return {label.id: shown_verdict(label) for label in self._last.values() if self.can_see(user, label)}

    def can_see(self, user: User, label: AlertLabel) -> bool:
        """Return true if the alert is for the user, by the audience of its rule in the venue file."""
        rule = self._rules.get(label.rule)
        return rule is not None and user.can_see_subject(rule.audience, label.subject)

    def last_verdict(self, alert: AlertId) -> AlertLabel | None:
        """Return the last verdict on one alert."""
        return self._last.get(alert)


def shown_verdict(label: AlertLabel) -> ShownVerdict:
    """Return a verdict as pages get it."""
    return {"alert": label.id, "verdict": label.verdict, "by": label.by, "note": label.note}
