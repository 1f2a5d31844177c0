"""Usual pace of a feed whose events come when people act: the tickets of a bar, the posts of a network.

The rate is an exponentially weighted mean over `TIME_CONSTANT`, updated at events only, so that a silence does not make
itself usual. Arrivals at a rate λ leave a gap of t with the probability exp(−λt): of a Poisson process one gap in
10¹³ is longer than 30/λ. So wide a margin is for breaks, last orders and the hit of the evening, when sales fall to a
tenth within minutes.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

TIME_CONSTANT = timedelta(minutes=5)
"""Memory of the rate."""

MIN_SILENCE = timedelta(minutes=3)
"""Shortest gap that is ever remarkable, however fast the feed is."""

GAPS = 30
"""Usual gaps between two events after which the silence is remarkable."""

MIN_RATE = 1 / 60
"""Events per second below which a feed has no pace to miss."""

MIN_EVENTS, MIN_HISTORY = 30, timedelta(minutes=5)
"""Events and time after which the pace is known."""

MAX_GAP = timedelta(hours=1)
"""A longer gap ends the session: the next event is the first of another, as the next evening's."""


class FeedPace(Struct, frozen=True, kw_only=True):
    """Pace of one feed."""

    first: datetime
    """First event of the session."""
    last: datetime
    """Last event, or the time of a restart or cut after it."""
    rate: float = 0.0
    """Weighted sum of events, per second; see `events_per_second`."""
    events: int = 0
    """Events of the session."""
    count: int = 0
    """Count of the process at its last report."""
    heard: datetime | None = None
    """Last event; None in rows of before, until there is one."""

    @property
    def events_per_second(self) -> float:
        """Return the usual rate at the last event; 0 while it is not known."""
        history = self.last - self.first
        if self.events < MIN_EVENTS or history < MIN_HISTORY:
            return 0.0
        return self.rate / -math.expm1(-history / TIME_CONSTANT)

    @property
    def longest_silence(self) -> timedelta | None:
        """Return the longest gap that is usual; None where no pace is known, or it is too slow to be missed."""
        rate = self.events_per_second
        return None if rate < MIN_RATE else max(MIN_SILENCE, timedelta(seconds=GAPS / rate))

    def is_silent(self, now: datetime, resumed: datetime) -> bool:
        """Return True if the gap since the last event is longer than usual, and not the end of the session.

        Args:
            now: time of the watch.
            resumed: time from which events are known to arrive.
        """
        longest = self.longest_silence
        return longest is not None and longest < now - max(self.last, resumed) and now - self.last <= MAX_GAP


def add_events(
    pace: FeedPace | None, count: int, now: datetime, *, restarted: bool = False, away: bool = False
) -> FeedPace:
    """Return the pace after a report of the events that a process has counted since its start.

    Args:
        pace: pace before the report; None before the first.
        count: events since the process started.
        now: time of the report.
        restarted: True if the process was started anew, and counts anew.
        away: True if no event could come for a while before the report.

    >>> start = datetime.fromisoformat("2026-07-04T20:00:00+02:00")
    >>> pace = None
    >>> for minute in range(11):
    ...     pace = add_events(pace, 6 * minute, start + timedelta(minutes=minute))
    >>> round(60 * pace.events_per_second, 1), round(pace.longest_silence.total_seconds())
    (6.6, 272)
    """
    seconds = TIME_CONSTANT.total_seconds()
    new = count if pace is None or restarted else max(0, count - pace.count)
    if pace is None or (new and now - pace.last > MAX_GAP):
        return FeedPace(first=now, last=now, rate=new / seconds, events=new, count=count, heard=now)
    if not new:
        return replace(pace, last=now if restarted or away else pace.last, count=count)
    rate = pace.rate * math.exp(-(now - pace.last).total_seconds() / seconds) + new / seconds
    return FeedPace(first=pace.first, last=now, rate=rate, events=pace.events + new, count=count, heard=now)
