"""Shelving of alerts: an operator sets one aside for a limited time, with a reason.

As in ISA-18.2 and OPC UA part 9 (timed shelving), an alert never stays shelved: it comes back at the end of its time,
when somebody ends it, and as soon as it gets worse. The shelf belongs to the alert's key, rule and subject, so an alert
that ends and is raised again meanwhile is shelved, too. Its time is that of the people who shelve, the wall clock; it
is an argument here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

from msgspec import Struct

from schemas.alerts import Alert, AlertAction, Severity
from schemas.errors import PulsoError

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Severities, the least severe first."""

BREAK_FACTOR = 1.25
"""A value that exceeds its highest at the time of shelving by this factor ends the shelving. Our own choice: more than
the 1.1 of an ordinary update, which the fluctuation of a count reaches by itself."""

MIN_REASON_LETTERS = 3

TIMER = "pulso"
"""Name under which the end of a shelf's time is recorded."""


class ShelvingError(PulsoError):
    """The alert can't be shelved; the message says why."""


class Shelf(Struct, frozen=True, kw_only=True):
    """One alert key that is set aside.

    Attributes:
        until: time at which it comes back, by the wall clock.
        by: name of the operator.
        reason: why.
        severity: of the alert when it was shelved; a more severe one breaks through.
        peak: highest value when it was shelved; one that is much higher breaks through.
    """

    until: datetime
    by: str
    reason: str
    severity: Severity
    peak: float


def check_shelving(action: AlertAction, *, can_shelve: bool, longest_minutes: float) -> None:
    """Check a request to shelve.

    Args:
        action: of an operator; its note is the reason.
        can_shelve: False for alerts that warn of danger to life, and those that the venue file excludes.
        longest_minutes: longest time that the venue file allows.

    Raises:
        ShelvingError: it must not be shelved, for so long, or without a reason.
    """
    if not can_shelve:
        raise ShelvingError("this alert warns of danger to life, or the venue file excludes it: it can't be shelved")
    if action.minutes is None or not 0 < action.minutes <= longest_minutes:
        raise ShelvingError(f"an alert can be shelved for at most {longest_minutes:g} minutes")
    if len(action.note.strip()) < MIN_REASON_LETTERS:
        raise ShelvingError("write down why the alert is shelved")


def shelf_of(action: AlertAction, alert: Alert) -> Shelf:
    """Return the shelf that an operator's action puts an alert on."""
    return Shelf(
        until=action.time + timedelta(minutes=action.minutes or 0),
        by=action.by,
        reason=action.note,
        severity=alert.severity,
        peak=alert.peak,
    )


def breaks_through(shelf: Shelf, severity: Severity, value: float) -> bool:
    """Return True if an alert has become worse than it was when it was shelved.

    >>> from datetime import UTC
    >>> shelf = Shelf(until=datetime(2026, 7, 4, 22, tzinfo=UTC), by="ana", reason="works", severity="high", peak=4.0)
    >>> breaks_through(shelf, "high", 4.9), breaks_through(shelf, "high", 5.0), breaks_through(shelf, "critical", 3.0)
    (False, True, True)
    """
    return SEVERITIES.index(severity) > SEVERITIES.index(shelf.severity) or value >= shelf.peak * BREAK_FACTOR
