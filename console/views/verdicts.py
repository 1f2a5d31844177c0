"""What people said of alerts, also of those that are long over: `alerts.labels` is where verdicts live."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from msgspec import Struct

from console.authentication import Visitor
from schemas.alerts import AlertLabel
from schemas.venue import Venue

CHANNEL = "verdicts"
KEPT = 5_000
"""alerts; more than the streams in Redis hold at once"""


class Verdicts:
    """The last verdict on each alert."""

    def __init__(self, venue: Venue) -> None:
        self._rules = venue.rules
        self._last: OrderedDict[str, AlertLabel] = OrderedDict()

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply a verdict. It is told at once, not with the next whole state: two pages must agree within a second."""
        if isinstance(record, AlertLabel):
            self._last[record.id] = record
            self._last.move_to_end(record.id)
            while len(self._last) > KEPT:
                self._last.popitem(last=False)
        return set()

    def state(self, channel: str = CHANNEL) -> dict[str, Any]:
        """Every verdict by alert, for programs of an admin; a page gets its own with `seen_by`."""
        return {label.id: told(label) for label in self._last.values()}

    def seen_by(self, visitor: Visitor) -> dict[str, dict[str, str]]:
        """Those on alerts that a visitor may see, by the alert's id."""
        return {label.id: told(label) for label in self._last.values() if self.may_see(visitor, label)}

    def may_see(self, visitor: Visitor, label: AlertLabel) -> bool:
        """Whether the alert is for them, by the rule's audience in the venue file."""
        rule = self._rules.get(label.rule)
        return rule is not None and visitor.hears(rule.audience, label.subject)

    def of(self, alert: str) -> AlertLabel | None:
        """The last verdict on one alert."""
        return self._last.get(alert)


def told(label: AlertLabel) -> dict[str, str]:
    """What a page is told of a verdict."""
    return {"alert": label.id, "verdict": label.verdict, "by": label.by, "note": label.note}
