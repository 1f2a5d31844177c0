"""Time that a value has stayed in a state, by its samples: what the delays of alert rules are compared with.

A sample says nothing about the time long after it, and one missed or outlying sample must not undo minutes of the
others. So the time in the state is counted, not measured from its beginning:

- Between two samples that are in the state, time counts as spent in it. Between one that is and one that is not, half
  of it does, and the other half as spent outside; between two that are not, all is outside.
- Of a gap only `HELD_PERIODS` sample periods count; the rest is unknown, and is taken off, second for second. The
  period is learnt from the samples: once a second or once a minute are both fine. Of a first gap, when no period is
  known, nothing counts if it is longer than the delay and than `FIRST_GAP`.
- A gap longer than `MAX_GAP`, or than the delay if that is longer, ends everything: it is as if nothing was known.
- Each second outside takes off `SHARE / (1 - SHARE)` seconds, down to nothing.

The delay is over once the sum reaches it. At that moment, since the sum was last 0, the value was in the state for at
least the delay, and for more than `SHARE` of the known time. A constant value reaches it after exactly the delay. It is
the cumulative sum of a CUSUM control chart (Page 1954, Biometrika 41:100), bounded by the delay.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from schemas.rules import RuleSettings

SHARE = 0.8
"""Share of the time that must be spent in the state: one dip in five samples may be missed."""

HELD_PERIODS = 3
"""Sample periods for which a sample stands: two samples in a row may be missing."""

MAX_GAP = timedelta(minutes=15)
"""Longest gap between two samples that belong together; an evening played back fast has samples minutes apart."""

FIRST_GAP = timedelta(seconds=10)
"""Longest first gap that is taken for the sample period, if the delay is shorter."""

PERIOD_RISE, PERIOD_FALL, PERIOD_FACTOR = 0.5, 0.1, 4.0
"""Learning rates of the sample period, and factor by which one gap may exceed it.

It falls slowly: where several cameras see a zone, most gaps are far shorter than the period of each.
"""

TOLERANCE_SECONDS = 1e-3
"""Seconds by which a time may fall short: samples are not on the tick to the microsecond, and sums are rounded."""


class StateTimes(NamedTuple):
    """Time beyond the thresholds of a rule, in seconds, at most its delays; and the usual sample period, once known."""

    above: float = 0.0
    below: float = 0.0
    period: float | None = None


def add_sample(times: StateTimes, before: float, value: float, gap: timedelta, settings: RuleSettings) -> StateTimes:
    """Return the times after one more sample.

    Args:
        times: times at the sample before.
        before: value of the sample before.
        value: value of the sample.
        gap: time between the two.
        settings: thresholds and delays.
    """
    on_delay, off_delay = timedelta(seconds=settings.on_delay_seconds), timedelta(seconds=settings.off_delay_seconds)
    high, low, period = settings.raise_at, settings.clear_at, times.period
    is_usable = gap > timedelta(0) and not is_interrupted(gap, max(on_delay, off_delay))
    return StateTimes(
        add_interval(times.above, before >= high, value >= high, gap, on_delay, period),
        add_interval(times.below, before <= low, value <= low, gap, off_delay, period),
        learn_period(period, gap.total_seconds()) if is_usable else period,
    )


def has_lasted(seconds: float, delay: float) -> bool:
    """Return True if a time in a state has reached the delay."""
    return seconds >= delay - TOLERANCE_SECONDS


def learn_period(period: float | None, gap: float) -> float:
    """Return the sample period in seconds after one more gap; a single long one changes it little.

    >>> learn_period(None, 60), learn_period(1, 1), learn_period(1, 100)
    (60, 1.0, 2.5)
    """
    if period is None:
        return gap
    change = min(gap, PERIOD_FACTOR * period) - period
    return period + (PERIOD_RISE if change > 0 else PERIOD_FALL) * change


def is_interrupted(gap: timedelta, delay: timedelta) -> bool:
    """Return True if nothing is known about a gap, nor follows from what was before."""
    return gap > max(MAX_GAP, delay)


def add_interval(
    seconds: float, before: bool, after: bool, gap: timedelta, delay: timedelta, period: float | None
) -> float:
    """Return the seconds in the state after one more interval between two samples, at most the delay.

    Args:
        seconds: seconds in the state so far.
        before: True if the sample at the beginning of the interval is in the state.
        after: True if the one at its end is.
        gap: length of the interval.
        delay: delay of the rule.
        period: usual sample period in seconds; None while none is known.

    >>> def add(seconds, before, after, gap, period):
    ...     delay = timedelta(seconds=10)
    ...     return round(add_interval(seconds, before, after, timedelta(seconds=gap), delay, period), 6)
    >>> add(4, True, True, 1, 1), add(4, True, False, 1, 1), add(4, False, False, 1, 1)
    (5.0, 2.5, 0.0)
    >>> add(4, True, True, 5, 1), add(0, True, True, 3600, 1), add(0, True, True, 60, None), add(0, True, True, 60, 60)
    (5.0, 0.0, 0.0, 10.0)
    """
    if is_interrupted(gap, delay):
        return 0.0
    length = gap.total_seconds()
    longest = max(delay, FIRST_GAP).total_seconds() if period is None else HELD_PERIODS * period
    held = min(length, longest) if period is not None or length <= longest else 0.0
    inside = held * (before + after) / 2
    outside = (held - inside) * SHARE / (1 - SHARE)
    return min(max(0.0, seconds + inside - outside - (length - held)), delay.total_seconds())
