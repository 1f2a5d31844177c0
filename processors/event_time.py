"""Event time never runs ahead of receipt: the guard for every source with a clock of its own.

A till, camera, microphone or mail program whose clock is ahead would otherwise move the clock of what it reports to,
and hide what follows: until the wall clock has caught up, everything else seems late. The receipt is the time at which
Pulso took the event over, which is part of its record, so a replayed record gives the same result.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_AHEAD = timedelta(minutes=2)
"""Lead of an event over its receipt up to which its own time is used: clocks that are set by hand differ as much."""


def at_receipt(time: datetime, received: datetime) -> datetime:
    """Return the time of an event, or that of its receipt where the event lies ahead of it.

    >>> from datetime import UTC
    >>> received = datetime(2026, 7, 4, 20, tzinfo=UTC)
    >>> at_receipt(received + timedelta(hours=1), received) == received
    True
    >>> at_receipt(received - timedelta(hours=1), received) == received - timedelta(hours=1)
    True
    """
    return received if is_ahead(time, received) else time


def is_ahead(time: datetime, received: datetime) -> bool:
    """Return True if an event lies so far ahead of its receipt that the clock of its source is wrong."""
    return time > received + MAX_AHEAD
