"""Clocks of a bar's tills: a ticket is booked at the time of its sale, also where the till's clock is wrong.

A ticket cannot come from the future: one that is ahead of its receipt is booked at its receipt. A clock that is behind
can't be told from a ticket that waited in an offline till by one ticket. Several can: a backlog is sent faster than it
was sold, so its delays shrink, while those of a wrong clock stay the same. So the offset of a till is measured over a
run of tickets whose lags agree, as NTP takes the offset from the packet with the least delay (RFC 5905, section 10).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from processors.event_time import MAX_AHEAD
from schemas.bars import TillClock

MAX_LAG_SPREAD_SECONDS = 90.0
"""Largest difference of the lags in a run: how late a till that is online sends a ticket."""

MIN_RUN_TICKETS, MIN_RUN_SECONDS = 4, 180.0
"""Tickets of a run, and the seconds between its first and last receipt, from which its lag is the clock's offset."""

ZONE_STEP_SECONDS = 1800.0
"""Offsets near a multiple of half an hour are a wrong time zone or daylight-saving time, and taken as exactly that."""

MAX_BEHIND = timedelta(hours=14)
"""Largest lag of a wrong clock, the widest offset of a time zone, at a bar whose other tills are as late: older tickets
are a recording that is played. A till whose battery is empty begins at 2000, and is known by the others."""

AHEAD_HELD = timedelta(minutes=10)
"""Time for which a till is named after its last ticket from the future: forecasts come once a minute, and notices must
be seen."""

MAX_TILLS = 32
"""Tills of a bar that are remembered; the one that was silent for longest is forgotten first."""


class TillClockState(Struct):
    """State of the clock of one till.

    Attributes:
        low: smallest event time minus receipt of the run, seconds.
        high: largest one.
        first: receipt of the run's first ticket, seconds since 1970.
        last: receipt of its last ticket.
        count: tickets of the run.
        offset: seconds by which the clock is ahead; negative where it is behind.
        ahead: seconds by which the last ticket from the future was ahead.
        ahead_until: seconds since 1970 until which that is reported.
        corrected: tickets that were booked at another time than the till gave.
    """

    low: float
    high: float
    first: float
    last: float
    count: int = 1
    offset: float = 0.0
    ahead: float = 0.0
    ahead_until: float = 0.0
    corrected: int = 0


class TillClocks:
    """Measures the clocks of a bar's tills.

    Args:
        state: by till, as it was stored; it is changed in place.

    >>> from datetime import UTC
    >>> clocks, eight = TillClocks({}), datetime(2026, 7, 4, 20, tzinfo=UTC)
    >>> clocks.booking_time("1", eight + timedelta(hours=1), eight) == eight
    True
    """

    def __init__(self, state: dict[str, TillClockState]) -> None:
        self._state = state

    def booking_time(self, till: str, time: datetime, received: datetime, clock: datetime | None = None) -> datetime:
        """Return the time at which a ticket is booked, and learn from it; never ahead of the receipt.

        Args:
            till: id of the till.
            time: of the ticket, by the till's clock.
            received: time of receipt.
            clock: the bar's clock; None before its first ticket.
        """
        if received - time > MAX_BEHIND and (clock is None or received - clock > MAX_BEHIND):
            return time
        state = self._observe(till, (time - received).total_seconds(), received.timestamp())
        if abs(time - received) <= MAX_AHEAD:
            return time
        booked = min(time - timedelta(seconds=state.offset), received)
        state.corrected += booked != time
        return booked

    def report(self, at: datetime) -> tuple[TillClock, ...]:
        """Return the tills whose clock is or was wrong, in the order of their names."""
        return tuple(
            TillClock(till=till, ahead_seconds=_reported_offset(clock, at), corrected=clock.corrected)
            for till, clock in sorted(self._state.items())
            if clock.corrected
        )

    @property
    def state(self) -> Mapping[str, TillClockState]:
        """State to store."""
        return self._state

    def _observe(self, till: str, lag: float, now: float) -> TillClockState:
        clock = self._state.get(till)
        if clock is None:
            if len(self._state) >= MAX_TILLS:
                del self._state[min(self._state, key=lambda name: self._state[name].last)]
            clock = self._state[till] = TillClockState(lag, lag, now, now)
        elif max(clock.high, lag) - min(clock.low, lag) <= MAX_LAG_SPREAD_SECONDS:
            clock.low, clock.high = min(clock.low, lag), max(clock.high, lag)
            clock.last, clock.count = now, clock.count + 1
        else:
            clock.low, clock.high, clock.first, clock.last, clock.count = lag, lag, now, now, 1
        if clock.count >= MIN_RUN_TICKETS and clock.last - clock.first >= MIN_RUN_SECONDS:
            clock.offset = _offset(clock.high)
        if lag > MAX_AHEAD.total_seconds():
            clock.ahead, clock.ahead_until = lag, now + AHEAD_HELD.total_seconds()
        return clock


def _offset(lag: float) -> float:
    """Return the offset of a clock whose tickets lag so much: none within the tolerance, else of half hours if near.

    >>> _offset(-3.0), _offset(-3605.0), _offset(1030.0)
    (0.0, -3600.0, 1030.0)
    """
    tolerance = MAX_AHEAD.total_seconds()
    if abs(lag) <= tolerance:
        return 0.0
    near = round(lag / ZONE_STEP_SECONDS) * ZONE_STEP_SECONDS
    return near if abs(lag - near) <= tolerance and near else lag


def _reported_offset(clock: TillClockState, at: datetime) -> float:
    if clock.offset:
        return clock.offset
    return clock.ahead if at.timestamp() < clock.ahead_until else 0.0
