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
from schemas.tickets import TicketForecast

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


def forecast(curve: BookingCurve, past: tuple[BookingCurve, ...]) -> TicketForecast:
    """Return the forecast of an event at its last observation.

    Args:
        past: finished events; those with dates in the order of their dates.

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
    final, low, high = expected, max(0.0, expected * (1 - width)), expected * (1 + width)
    capacity = curve.capacity
    if capacity is not None:
        final, low, high = (min(value, capacity) for value in (final, low, high))
    usual = float(event_weights(len(table)) @ table[:, days])
    return TicketForecast(
        event=curve.event,
        type=curve.type,
        days_before=days,
        sold=float(sold[days]),
        final=round(final, 1),
        low=round(low, 1),
        high=round(high, 1),
        pace=round(float(sold[days]) / usual, 3) if usual > 0 else None,
        like_events=len(like),
        capacity=capacity,
        sell_out_chance=None
        if capacity is None
        else _sell_out_chance(expected, tested.errors(), capacity, float(sold[days])),
        sell_out_days_before=None if capacity is None else _sell_out_day(table, sold, days, expected, capacity),
    )


def _sell_out_chance(expected: float, errors: Floats, capacity: float, sold: float) -> float:
    """Return the share of past errors that would fill the capacity."""
    if sold >= capacity:
        return 1.0
    filled = int((expected * (1 + errors) >= capacity).sum())
    return round((filled + 0.5) / (len(errors) + 1), 3)


def _sell_out_day(table: Floats, sold: Floats, days: int, expected: float, capacity: float) -> int | None:
    """Return the day on which the expected sales reach the capacity, by the usual course of the remaining sales."""
    if sold[days] >= capacity:
        return days
    usual = event_weights(len(table)) @ table[:, : days + 1]
    remaining = usual[0] - usual[days]
    done = (usual - usual[days]) / remaining if remaining > 0 else 1 - np.arange(days + 1) / max(days, 1)
    course = sold[days] + (expected - sold[days]) * done
    reached = np.flatnonzero(course >= capacity)
    return int(reached.max()) if len(reached) else None
