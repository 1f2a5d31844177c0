"""Waiting time of a queue by Little's law with a Gamma–Poisson estimate of the service rate.

Little (1961): the mean waiting time is W = L / λ, with L people in the queue and λ people served a minute. λ is
estimated from the number of people served (tickets, gate crossings) by the conjugate Gamma–Poisson model with
exponential forgetting: after Δt minutes with n served,

    a ← f·a + n,   b ← f·b + Δt,   f = 2^(−Δt / HALF_LIFE_MINUTES),   λ ~ Gamma(a, b)

so that λ follows a bar that opens another till. What staff say of the rate is the prior, PRIOR_MINUTES strong. The
interval is log-normal: the variances of log L (error of the counter), of log λ (trigamma of a) and of the time that L
people take at a known rate (Erlang, about 1/L) add up.
"""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct

HALF_LIFE_MINUTES = 10.0
"""Half-life of the served counts; about the time in which staff open or close a till."""

PRIOR_MINUTES = 3.0
"""Strength of the rate given in the venue file: as much as so many minutes of counting."""

SMOOTHING_SECONDS = 20.0
"""Time constant of the number of people: the count of a single picture varies by a few heads."""

COUNT_ERROR = 0.25
"""Relative standard error of the counted heads; the mean relative error of the shipped counter on held-out pictures is
about a quarter (models/crowd/card.yaml)."""

Z_90 = 1.645
"""Quantile of the standard normal distribution that bounds a central 90 % interval."""

MIN_SHAPE = 1.0
"""Fewest people served, by weight, from which the rate says anything: below, the interval would span decades."""


class QueueState(Struct):
    """State of one queue.

    Attributes:
        offset: Kafka offset of the last count applied.
        time: of the last count applied.
        persons: people in the queue, smoothed.
        shape: a of the Gamma distribution of the service rate, persons.
        minutes: b of the Gamma distribution, minutes.
    """

    offset: int = -1
    time: datetime | None = None
    persons: float | None = None
    shape: float = 0.0
    minutes: float = 0.0


class WaitingTime(Struct, frozen=True):
    """Waiting time of a person who joins now, minutes: median and 90 % interval."""

    median: float
    low: float
    high: float


def update(state: QueueState, offset: int, time: datetime, persons: float | None, served: float | None) -> bool:
    """Apply one count; returns False where it was applied before, or is older than the last.

    Args:
        persons: people counted in the queue; None while the camera is blind.
        served: people served since the last count; None where nothing counts them.
    """
    if offset <= state.offset or (state.time is not None and time < state.time):
        return False
    seconds = 0.0 if state.time is None else (time - state.time).total_seconds()
    state.offset, state.time = offset, time
    if persons is None:
        state.persons = None
    elif state.persons is None:
        state.persons = persons
    else:
        weight = 1 - math.exp(-seconds / SMOOTHING_SECONDS)
        state.persons += weight * (persons - state.persons)
    if served is not None and seconds > 0:
        minutes = seconds / 60
        forgetting = 2 ** (-minutes / HALF_LIFE_MINUTES)
        state.shape = forgetting * state.shape + served
        state.minutes = forgetting * state.minutes + minutes
    return True


def service_rate(state: QueueState, prior_per_minute: float | None) -> tuple[float, float] | None:
    """Return shape a (persons) and rate b (minutes) of the Gamma distribution of the service rate, or None.

    Args:
        prior_per_minute: persons served a minute as staff know it; None where they don't.
    """
    shape, minutes = state.shape, state.minutes
    if prior_per_minute is not None:
        shape, minutes = shape + PRIOR_MINUTES * prior_per_minute, minutes + PRIOR_MINUTES
    return (shape, minutes) if shape >= MIN_SHAPE and minutes > 0 else None


def waiting_time(persons: float, shape: float, minutes: float) -> WaitingTime:
    """Return the waiting time of a queue.

    Args:
        persons: people in the queue.
        shape: a of the Gamma distribution of the service rate, persons, at least `MIN_SHAPE`.
        minutes: b of the Gamma distribution, minutes.

    >>> wait = waiting_time(30.0, shape=60.0, minutes=20.0)
    >>> round(wait.median, 1), round(wait.low, 1), round(wait.high, 1)
    (10.1, 5.8, 17.5)
    """
    if persons <= 0:
        return WaitingTime(0.0, 0.0, 0.0)
    log_median = math.log(persons) - (_digamma(shape) - math.log(minutes))
    deviation = math.sqrt(COUNT_ERROR**2 + _trigamma(shape) + 1 / max(persons, 1.0))
    return WaitingTime(
        math.exp(log_median), math.exp(log_median - Z_90 * deviation), math.exp(log_median + Z_90 * deviation)
    )


def _digamma(x: float) -> float:
    """Return ψ(x) by its asymptotic series after recurrence to x ≥ 6; error below 1e-8."""
    value = 0.0
    while x < 6:
        value -= 1 / x
        x += 1
    square = 1 / (x * x)
    return value + math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square / 252))


def _trigamma(x: float) -> float:
    """Return ψ′(x) by its asymptotic series after recurrence to x ≥ 6; error below 1e-7."""
    value = 0.0
    while x < 6:
        value += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    return value + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))
