"""Clocks of a bar's tills: a ticket is booked at the time of its sale, also where the till's clock is wrong.

A ticket cannot come from the future: one that is ahead of its receipt is booked at its receipt. A clock that is behind
can't be told from a ticket that waited in an offline till by one ticket. Several can: a backlog is sent faster than it
was sold, so its delays shrink, while those of a wrong clock stay the same. So the offset of a till is measured over a
run of tickets whose lags agree, as NTP takes the offset from the packet with the least delay (RFC 5905, section 10).
Several runs are kept, since devices that share an id may have a clock each. A clock without any offset, of which every
ticket is off by another time or that stands still, is known by its order: late tickets of a backlog come oldest first,
or newest first. Its tickets are booked at their receipt.
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

MAX_SPREAD_SHARE = 0.25
"""Largest difference of the lags in a run as share of its length: those of a slow backlog shrink by more."""

MAX_OTHER_RUNS, RUN_PAUSE_SECONDS = 3, 180.0
"""Runs kept beside the latest, and the pause after which one is not resumed: the lags of two backlogs or batches agree
by chance, but those are further apart."""

ORDER_SECONDS, ORDER_SHARE = 10.0, 0.1
"""Receipts of late tickets whose order is compared are this far apart at least; a clock whose time moves by less than
this share of that stands still."""

DISORDER_EVIDENCE, ORDER_EVIDENCE = 1.0, -0.5
"""Evidence of one ticket against a clock, and for it: of times at random, two in three turn back or forward."""

ERRATIC, MAX_EVIDENCE = 3.0, 6.0
"""Evidence from which a clock has no offset until none is left, and its bound, after which a clock is trusted again
within twelve tickets."""

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


class LagRun(Struct):
    """Run of tickets whose lags agree; see `TillClockState`."""

    low: float
    high: float
    first: float
    last: float
    count: int


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
        others: runs before this one, the latest first.
        evidence: evidence against the clock.
        erratic: whether its tickets are booked at their receipt.
        late: event time of the last late ticket whose order was compared, seconds since 1970; 0 before it.
        late_receipt: its receipt.
        late_heading: 1 if it was newer than the one before, -1 if older, 0 before two.
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
    others: list[LagRun] = []
    evidence: float = 0.0
    erratic: bool = False
    late: float = 0.0
    late_receipt: float = 0.0
    late_heading: int = 0


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
        if abs(time - received) <= MAX_AHEAD and not state.erratic:
            return time
        booked = received if state.erratic else min(time - timedelta(seconds=state.offset), received)
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
        else:
            _add_to_run(clock, lag, now)
        known = _is_known(clock)
        if known:
            clock.offset = _offset(clock.high)
        off = abs(lag) > MAX_AHEAD.total_seconds()
        evidence = ORDER_EVIDENCE if known or not off else _evidence(clock, lag, now)
        clock.evidence = min(max(clock.evidence + evidence, 0.0), MAX_EVIDENCE)
        clock.erratic = not known and (clock.evidence >= ERRATIC or (clock.erratic and clock.evidence > 0))
        if lag > MAX_AHEAD.total_seconds() or (clock.erratic and off):
            clock.ahead, clock.ahead_until = lag, now + AHEAD_HELD.total_seconds()
        return clock


def _add_to_run(clock: TillClockState, lag: float, now: float) -> None:
    """Add a ticket to the run that it fits, or begin a new one."""
    if _fits(clock, lag):
        _extend(clock, lag, now)
        return
    runs = [run for run in clock.others if now - run.last < RUN_PAUSE_SECONDS]
    current = LagRun(clock.low, clock.high, clock.first, clock.last, clock.count)
    run = next((run for run in runs if _fits(run, lag)), LagRun(lag, lag, now, now, 0))
    clock.others = [current, *(one for one in runs if one is not run)][:MAX_OTHER_RUNS]
    clock.low, clock.high, clock.first, clock.count = run.low, run.high, run.first, run.count
    _extend(clock, lag, now)


def _is_known(run: LagRun | TillClockState) -> bool:
    """Return whether the offset of a clock follows from a run."""
    seconds = run.last - run.first
    long_enough = run.count >= MIN_RUN_TICKETS and seconds >= MIN_RUN_SECONDS
    return long_enough and run.high - run.low <= MAX_SPREAD_SHARE * seconds


def _fits(run: LagRun | TillClockState, lag: float) -> bool:
    return max(run.high, lag) - min(run.low, lag) <= MAX_LAG_SPREAD_SECONDS


def _extend(run: LagRun | TillClockState, lag: float, now: float) -> None:
    run.low, run.high = min(run.low, lag), max(run.high, lag)
    run.last, run.count = now, run.count + 1


def _evidence(clock: TillClockState, lag: float, now: float) -> float:
    """Return the evidence of a ticket that is off, and of no known run, against its clock."""
    if lag > 0:
        return DISORDER_EVIDENCE
    time, passed = now + lag, now - clock.late_receipt
    if clock.late and passed < ORDER_SECONDS:
        return 0.0
    moved = time - clock.late if clock.late else 0.0
    still = clock.late and abs(moved) < ORDER_SHARE * passed
    turned = moved * clock.late_heading < -MAX_LAG_SPREAD_SECONDS
    clock.late, clock.late_receipt = time, now
    if abs(moved) > MAX_LAG_SPREAD_SECONDS or not clock.late_heading:
        clock.late_heading = (moved > 0) - (moved < 0)
    return DISORDER_EVIDENCE if still or turned else ORDER_EVIDENCE


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
    now = at.timestamp()
    if not clock.erratic:
        others = (_offset(run.high) for run in clock.others if _is_known(run) and now - run.last < RUN_PAUSE_SECONDS)
        if offset := clock.offset or next(filter(None, others), 0.0):
            return offset
    return clock.ahead if now < clock.ahead_until else 0.0
