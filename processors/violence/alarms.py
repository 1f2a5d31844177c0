"""Alarms that a rule raises on recorded scores, and the operating curve over thresholds and on-delays.

The live system applies `processors.alerts.alarm` to one observation at a time. This module applies the same rule to a
whole list of scores, without messages, so that thousands of clips and dozens of rules take seconds. A test compares the
two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import product

import numpy as np

from processors.alerts.persistence import StateTimes, add_sample, has_lasted
from schemas.rules import RuleSettings

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
"""Raise thresholds of the operating curve, probabilities."""

MINIMUM_SECONDS = (0.0, 0.5, 1.0, 1.5)
"""On-delays of the operating curve, seconds."""

TIME_TOLERANCE = 1e-3
"""Seconds by which a duration may fall short: the frames of a camera are not on the tick to the microsecond."""


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """Scores of one clip from the time at which the network is warm.

    Attributes:
        fight: label of the clip.
        probabilities: of the warm frames.
        times: of the warm frames, seconds.
        seconds: length of the whole clip.
        begin: time of its first frame, from which delays are measured.
    """

    fight: bool
    probabilities: Sequence[float]
    times: Sequence[float]
    seconds: float
    begin: float = 0.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Result of one rule on labelled clips: one point of the operating curve.

    Attributes:
        raise_threshold: probability from which an alarm is raised.
        minimum_seconds: on-delay of the rule.
        false_alarms: alarms in clips labelled normal.
        false_alarms_per_hour: rate over the normal clips; None without any.
        false_alarms_per_hour_upper: upper 95 % confidence limit of the rate, for a Poisson process; with no alarm it
            is 3 divided by the hours.
        fights_alarmed: share of the fights in which an alarm was raised.
        delay_median: median seconds from the first frame of a fight clip to its first alarm, of those with one.
        delay_p90: 90th percentile of that delay.
    """

    raise_threshold: float
    minimum_seconds: float
    false_alarms: int
    false_alarms_per_hour: float | None
    false_alarms_per_hour_upper: float | None
    fights_alarmed: float | None
    delay_median: float | None
    delay_p90: float | None


def alarm_times(probabilities: Sequence[float], times: Sequence[float], rule: RuleSettings) -> list[float]:
    """Return the times at which the rule raises an alarm.

    >>> rule = RuleSettings(raise_at=0.8, clear_at=0.4, on_delay_seconds=0.5, audience=["security"])
    >>> alarm_times([0.9, 0.9, 0.5, 0.9, 0.1, 0.9], [0.0, 0.5, 1.0, 1.5, 2.0, 2.5], rule)
    [0.5]
    """
    raised: list[float] = []
    spent, closed, is_open = StateTimes(), None, False
    before: tuple[float, float] | None = None
    for time, value in zip(times, probabilities, strict=True):
        if before is not None:
            spent = add_sample(spent, before[1], value, timedelta(seconds=time - before[0]), rule)
        before = time, value
        if is_open:
            if value <= rule.clear_at and has_lasted(spent.below, rule.off_delay_seconds):
                is_open, closed, spent = False, time, StateTimes(period=spent.period)
        elif (
            value >= rule.raise_at
            and has_lasted(spent.above, rule.on_delay_seconds)
            and (closed is None or time - closed >= rule.cool_down_seconds)
        ):
            is_open = True
            raised.append(time)
    return raised


def point(clips: Sequence[ScoredClip], rule: RuleSettings) -> CurvePoint:
    """Return the result of a rule on clips, each with no alarm open at its start."""
    raised = [alarm_times(clip.probabilities, clip.times, rule) for clip in clips]
    false = sum(len(times) for clip, times in zip(clips, raised, strict=True) if not clip.fight)
    hours = sum(clip.seconds for clip in clips if not clip.fight) / 3600
    delays = [times[0] - clip.begin if times else None for clip, times in zip(clips, raised, strict=True) if clip.fight]
    alarmed = [delay for delay in delays if delay is not None]
    return CurvePoint(
        raise_threshold=rule.raise_at,
        minimum_seconds=rule.on_delay_seconds,
        false_alarms=false,
        false_alarms_per_hour=false / hours if hours else None,
        false_alarms_per_hour_upper=upper_limit(false) / hours if hours else None,
        fights_alarmed=len(alarmed) / len(delays) if delays else None,
        delay_median=float(np.median(alarmed)) if alarmed else None,
        delay_p90=float(np.quantile(alarmed, 0.9)) if alarmed else None,
    )


def curve(clips: Sequence[ScoredClip], rule: RuleSettings) -> list[dict[str, float | int | None]]:
    """Return the operating curve: results for other thresholds and on-delays, all else as in the rule; JSON-ready."""
    points = []
    for minimum, threshold in product(MINIMUM_SECONDS, THRESHOLDS):
        changed = {"raise_at": threshold, "on_delay_seconds": minimum, "clear_at": min(rule.clear_at, threshold / 2)}
        points.append(asdict(point(clips, rule.model_copy(update=changed))))
    return points


def upper_limit(events: int) -> float:
    """Return the one-sided upper 95 % confidence limit of a Poisson mean (Garwood, 1936), by bisection.

    Args:
        events: number of events observed.

    >>> round(upper_limit(0), 2), round(upper_limit(2), 2)
    (3.0, 6.3)
    """
    low, high = float(events), events + 10 + 4 * math.sqrt(events)
    for _ in range(60):
        middle = (low + high) / 2
        if _poisson_cdf(events, middle) > 0.05:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _poisson_cdf(events: int, mean: float) -> float:
    """Return the probability of at most so many events."""
    term = total = math.exp(-mean)
    for number in range(1, events + 1):
        term *= mean / number
        total += term
    return total
