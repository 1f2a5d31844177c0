"""Forecast of an event's final number: single methods blended by their past errors, with a conformal interval.

Each past event is forecast from those before it. The mean absolute error of a method at the same number of days before
the event gives its weight (Bates and Granger 1969: inverse squared errors); the blend's own past relative errors
give the interval: split conformal prediction (Vovk et al. 2005), whose level follows the misses of the past where the
order of events is known (adaptive conformal inference, Gibbs and Candès 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from processors.tickets.curves import BookingCurve
from processors.tickets.pickup import METHODS, Floats, event_weights, forecast_each
from schemas.errors import PulsoError
from schemas.tickets import CoursePoint, TicketForecast

MIN_EVENTS = 3
"""Past events without which nothing is forecast."""

MIN_LIKE_EVENTS = 20
"""Past events of the same type from which on the others are not read."""

RECENT_EVENTS = 60
"""Number of past errors that weigh methods and make the interval."""

MAX_ERROR_RATIO = 5.0
"""A method whose error is larger than the best one's by this factor is left out of the blend."""

MIN_TESTED = 10
"""Events before a past one without which its forecast is not read: with fewer, regressions fit anything."""

MIN_WEIGHED = 5
"""Past forecasts without which all methods weigh the same."""

COVERAGE = 0.9
MISS_RATE = 1 - COVERAGE

LEVEL_STEP = 0.05
"""Change of the level's miss rate after each past interval."""

MISS_RATE_RANGE = (0.005, 0.3)
FIRST_INTERVAL = 20
"""Number of past errors before the first interval that changes the level."""


class TooFewEventsError(PulsoError, ValueError):
    """There are not enough past events."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Past forecasts at one number of days before the event.

    Attributes:
        forecasts: (events, methods).
        finals: (events,).
        known: number of the earlier events, of these, that were over when each was forecast; None: no order is known.
    """

    forecasts: Floats
    finals: Floats
    known: tuple[int, ...] | None

    def blend_weights(self) -> Floats:
        """Return the weight of each method by the last past forecasts; equal ones while there are too few."""
        return _blend_weights(self.forecasts[-RECENT_EVENTS:], self.finals[-RECENT_EVENTS:])

    def errors(self) -> Floats:
        """Return the errors of the blend, as shares of its forecast; positive where more were sold.

        Each forecast is blended by those that were over at its time; by all where no order is known.
        """
        if self.known is None:
            blended = self.forecasts @ self.blend_weights()
        else:
            weights = [Backtest(self.forecasts[:over], self.finals[:over], None).blend_weights() for over in self.known]
            blended = (self.forecasts * np.array(weights).reshape(-1, len(METHODS))).sum(axis=1)
        return np.asarray(self.finals / np.maximum(blended, 1.0) - 1)

    def interval_width(self) -> float:
        """Return the half width of the 90 % interval as a share of the forecast."""
        return half_width(self.errors(), ordered=self.known is not None)


def _blend_weights(forecasts: Floats, finals: Floats) -> Floats:
    if len(finals) < MIN_WEIGHED:
        return np.full(len(METHODS), 1 / len(METHODS))
    errors = np.maximum(np.abs(forecasts - finals[:, None]).mean(axis=0), 1e-9)
    weights = np.where(errors <= MAX_ERROR_RATIO * errors.min(), errors.min() ** 2 / errors**2, 0.0)
    return np.asarray(weights / weights.sum())


def pasts_of(curves: Sequence[BookingCurve], days: int) -> list[list[int]] | None:
    """Return the events that are over when each is forecast, the oldest first; None where a date is unknown."""
    dates = [curve.date for curve in curves]
    known = [one for one in dates if one is not None]
    if len(known) < len(dates):
        return None
    moments = [one - timedelta(days=days) for one in known]
    return [[other for other in range(place) if known[other] < moment] for place, moment in enumerate(moments)]


def forecast_past(table: Floats, days: int, pasts: list[list[int]] | None) -> dict[int, Floats]:
    """Return the forecasts of past events by each method, from those that were over, or from all others."""
    if pasts is None:
        places = range(len(table)) if len(table) > MIN_EVENTS else range(0)
        return {place: forecast_each(np.delete(table, place, axis=0), table[place], days) for place in places}
    return {
        place: forecast_each(table[past], table[place], days)
        for place, past in enumerate(pasts)
        if len(past) >= MIN_TESTED
    }


def backtest(
    table: Floats, forecasts: dict[int, Floats], pasts: list[list[int]] | None, places: Sequence[int]
) -> Backtest:
    """Return the past forecasts of some events, in their order."""
    tested = [place for place in places if place in forecasts]
    known = None if pasts is None else tuple(len(set(pasts[place]) & set(tested)) for place in tested)
    return Backtest(np.array([forecasts[place] for place in tested]).reshape(-1, len(METHODS)), table[tested, 0], known)


def half_width(errors: Floats, *, ordered: bool) -> float:
    """Return the half width of the 90 % interval as a share; with fewer than nine errors the largest one, widened.

    >>> round(half_width(np.linspace(-0.1, 0.1, 21), ordered=False), 3), half_width(np.array([0.5]), ordered=False)
    (0.1, 1.5)
    """
    sizes = np.abs(errors)
    miss_rate = _adapted_miss_rate(sizes) if ordered else MISS_RATE
    last = np.sort(sizes[-RECENT_EVENTS:] if ordered else sizes)
    rank = int(np.ceil((1 - miss_rate) * (len(last) + 1)))
    if rank <= len(last):
        return float(last[rank - 1])
    if not len(last):
        return 1.0
    return float(last[-1] * (1 if len(last) >= FIRST_INTERVAL else 1 + 2 / len(last)))


def _adapted_miss_rate(sizes: Floats) -> float:
    """Return the miss rate that would have kept past intervals at 90 %: lower after misses, higher after hits."""
    rate = MISS_RATE
    for place in range(FIRST_INTERVAL, len(sizes)):
        width = float(np.quantile(sizes[max(0, place - RECENT_EVENTS) : place], 1 - rate))
        rate += LEVEL_STEP * (MISS_RATE - float(sizes[place] > width))
        rate = min(max(rate, MISS_RATE_RANGE[0]), MISS_RATE_RANGE[1])
    return rate


def like_events(past: tuple[BookingCurve, ...], kind: str) -> tuple[BookingCurve, ...]:
    """Return past events of the same type, or all where there are too few."""
    like = tuple(curve for curve in past if curve.type == kind)
    return like if len(like) >= MIN_LIKE_EVENTS else past


DEMAND_SHARES = tuple(round(0.05 * place, 2) for place in range(1, 20))
"""Shares of the quantiles of `DetailedForecast.demand`."""


@dataclass(frozen=True, slots=True)
class DetailedForecast:
    """A forecast, and what it is made of.

    Attributes:
        demand: quantiles of the final number if there were tickets without end, at `DEMAND_SHARES`.
        course: expected sales until the end of each day from the last observation to the event; its band grows with
            the share of the remaining sales that is done.
    """

    forecast: TicketForecast
    demand: tuple[float, ...]
    course: tuple[CoursePoint, ...]


def forecast(curve: BookingCurve, past: tuple[BookingCurve, ...]) -> TicketForecast:
    """Return the forecast of an event at its last observation.

    Args:
        past: finished events; those with dates in the order of their dates.

    Raises:
        TooFewEventsError: fewer than three past events.
    """
    return forecast_in_detail(curve, past).forecast


def forecast_in_detail(curve: BookingCurve, past: tuple[BookingCurve, ...]) -> DetailedForecast:
    """Return the forecast of an event at its last observation, with its course; see `forecast`.

    Raises:
        TooFewEventsError: fewer than three past events.
    """
    like = like_events(past, curve.type)
    if len(like) < MIN_EVENTS:
        raise TooFewEventsError(f"a forecast needs {MIN_EVENTS} past events, and there are {len(like)}")
    days = curve.days[0]
    length = max(days, *(one.days[-1] for one in like)) + 1
    table = np.array([one.values(length) for one in like])
    pasts = pasts_of(like, days)
    tested = backtest(table, forecast_past(table, days, pasts), pasts, range(len(table)))
    sold = curve.values(length)
    expected = max(0.0, float(tested.blend_weights() @ forecast_each(table, sold, days)))
    width = tested.interval_width()
    unlimited = (expected, max(0.0, expected * (1 - width)), expected * (1 + width))
    capacity, now = curve.capacity, float(sold[days])
    final, low, high = unlimited if capacity is None else (min(value, capacity) for value in unlimited)
    usual = float(event_weights(len(table)) @ table[:, days])
    errors, done = tested.errors(), _done_shares(table, days)
    found = TicketForecast(
        event=curve.event,
        type=curve.type,
        days_before=days,
        sold=now,
        final=round(final, 1),
        low=round(low, 1),
        high=round(high, 1),
        pace=round(now / usual, 3) if usual > 0 else None,
        like_events=len(like),
        capacity=capacity,
        sell_out_chance=None if capacity is None else _sell_out_chance(expected, errors, capacity, now),
        sell_out_days_before=None if capacity is None else _sell_out_day(done, now, expected, capacity),
    )
    return DetailedForecast(found, _demand(expected, errors, width, now), _course(done, now, unlimited, capacity))


def _sell_out_chance(expected: float, errors: Floats, capacity: float, sold: float) -> float:
    """Return the share of past errors that would fill the capacity."""
    if sold >= capacity:
        return 1.0
    filled = int((expected * (1 + errors) >= capacity).sum())
    return round((filled + 0.5) / (len(errors) + 1), 3)


def _done_shares(table: Floats, days: int) -> Floats:
    """Return the usual share of the remaining sales that is done 0 … `days` days before; 1 at 0, 0 at `days`."""
    usual = event_weights(len(table)) @ table[:, : days + 1]
    remaining = usual[0] - usual[days]
    return np.asarray((usual - usual[days]) / remaining if remaining > 0 else 1 - np.arange(days + 1) / max(days, 1))


def _sell_out_day(done: Floats, sold: float, expected: float, capacity: float) -> int | None:
    """Return the day on which the expected sales reach the capacity, by the usual course of the remaining sales."""
    if sold >= capacity:
        return len(done) - 1
    reached = np.flatnonzero(sold + (expected - sold) * done >= capacity)
    return int(reached.max()) if len(reached) else None


def _demand(expected: float, errors: Floats, width: float, sold: float) -> tuple[float, ...]:
    """Return quantiles of the final number without a capacity; it is hardly below what is sold."""
    shares = np.array(DEMAND_SHARES)
    spread = np.quantile(errors, shares) if len(errors) >= MIN_TESTED else (shares - 0.5) * 2 * width
    return tuple(round(float(value), 1) for value in np.maximum(expected * (1 + spread), max(sold, 0.0)))


def _course(
    done: Floats, sold: float, final: tuple[float, float, float], capacity: float | None
) -> tuple[CoursePoint, ...]:
    limit = np.inf if capacity is None else capacity
    lines = [np.minimum(sold + (value - sold) * done, limit) for value in final]
    lines[1] = np.maximum(lines[1], min(sold, limit))
    return tuple(
        CoursePoint(day, *(round(float(line[day]), 1) for line in lines)) for day in range(len(done) - 1, -1, -1)
    )
