"""Stock-outs avoided and missed, and the quality of demand forecasts, from the forecasts of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from processors.report.day import BarFigures, DayBounds
from schemas.bars import DemandForecast, HorizonDemand, ProductDemand, StockMovement
from schemas.venue import Venue

HORIZON = 60
"""Minutes of the horizon that is scored: the longest; the shorter ones are parts of it."""

SCORED_EVERY = timedelta(minutes=15)
"""Forecasts are published once a minute; so close together they say nearly the same."""

MAX_GAP = timedelta(minutes=5)
"""A forecast is scored where sales are known so close before the end of its horizon."""


class Moment(Struct, frozen=True):
    """State of a product at a forecast."""

    time: datetime
    sold: float
    stock: float | None
    oversold: float
    called: bool
    horizon: HorizonDemand | None


class BarsOfDay:
    """States of each product, once a minute, and deliveries."""

    def __init__(self, venue: Venue, bounds: DayBounds) -> None:
        self._bounds = bounds
        self._prices: dict[tuple[str, str], float | None] = {
            (bar.id, product.id): product.price for bar in venue.bars for product in bar.products
        }
        self._moments: dict[tuple[str, str], dict[int, Moment]] = defaultdict(dict)
        self._deliveries: dict[tuple[str, str], dict[str, StockMovement]] = defaultdict(dict)

    def add_forecast(self, forecast: DemandForecast) -> None:
        """Add a forecast of a bar; of one minute the last counts."""
        if forecast.time not in self._bounds:
            return
        minute = int((forecast.time - self._bounds.begin).total_seconds() // 60)
        for product in forecast.products:
            self._moments[forecast.bar, product.product][minute] = _moment(forecast.time, product)

    def add_movement(self, movement: StockMovement) -> None:
        """Add a stock movement; deliveries and units from other bars count."""
        if movement.time not in self._bounds or movement.quantity <= 0:
            return
        receiver = movement.other if movement.kind == "transfer" else movement.bar
        if movement.kind in ("delivery", "transfer") and receiver is not None and not movement.counterpart:
            self._deliveries[receiver, movement.product][movement.id] = movement

    def figures(self) -> tuple[BarFigures, ...]:
        """Return the figures of each bar and product, by name."""
        return tuple(self._product(key) for key in sorted(self._moments))

    def _product(self, key: tuple[str, str]) -> BarFigures:
        moments = [self._moments[key][minute] for minute in sorted(self._moments[key])]
        deliveries = sorted(self._deliveries[key].values(), key=lambda one: one.time)
        missed = _run_outs(moments)
        avoided, saved = _avoided(moments, deliveries)
        error, units, scored, covered = _scores(moments)
        return BarFigures(
            bar=key[0],
            product=key[1],
            sold=moments[-1].sold - moments[0].sold,
            missed=len(missed),
            avoided=avoided,
            saved_units=saved,
            price=self._prices.get(key),
            absolute_error=error,
            scored_units=units,
            scored=scored,
            covered=covered,
        )


def _moment(time: datetime, product: ProductDemand) -> Moment:
    horizon = next((one for one in product.horizons if one.minutes == HORIZON), None)
    called = product.fetch is not None and product.fetch > 0 and not product.along
    return Moment(time, product.sold, product.stock, product.oversold, called, horizon)


def _run_outs(moments: list[Moment]) -> list[datetime]:
    """Return the times at which the booked stock ran out: it was above 0 before, or not known."""
    found, empty = [], False
    for moment in moments:
        now_empty = moment.stock is not None and moment.stock <= 0
        if now_empty and not empty:
            found.append(moment.time)
        empty = now_empty
    return found


def _avoided(moments: list[Moment], deliveries: Iterable[StockMovement]) -> tuple[int, float]:
    """Return the calls whose delivery prevented a stock-out, and the units that were sold from these deliveries.

    Without the delivery the stock at the call would have been all: what was sold beyond it, up to the next call with a
    delivery or the last forecast, was saved, at most as many units as came.
    """
    calls: list[tuple[Moment, float]] = []
    call: Moment | None = None
    waiting = list(deliveries)
    for moment in moments:
        came = [one for one in waiting if one.time <= moment.time]
        waiting = waiting[len(came) :]
        if call is not None and came:
            calls.append((call, sum(one.quantity for one in came)))
            call = None
        elif call is None and moment.called and moment.stock is not None and moment.stock > 0:
            call = moment
        elif moment.stock is not None and moment.stock <= 0:
            call = None  # it came too late, or not at all
    number, units = 0, 0.0
    for at, (begin, delivered) in enumerate(calls):
        end_sold = calls[at + 1][0].sold if at + 1 < len(calls) else moments[-1].sold
        beyond = end_sold - begin.sold - (begin.stock or 0.0)
        if beyond > 0:
            number += 1
            units += min(beyond, delivered)
    return number, units


def _scores(moments: list[Moment]) -> tuple[float, float, int, int]:
    """Return Σ|error|, Σ sold, number and number within the interval of the scored forecasts."""
    error, units, scored, covered = 0.0, 0.0, 0, 0
    due: datetime | None = None
    for moment in moments:
        if moment.horizon is None or (due is not None and moment.time < due):
            continue
        end = moment.time + timedelta(minutes=HORIZON)
        later = [one for one in moments if end - MAX_GAP <= one.time <= end]
        if not later or moments[-1].time < end:
            continue
        due = moment.time + SCORED_EVERY
        actual = later[-1].sold - moment.sold
        error += abs(moment.horizon.mean - actual)
        units += max(actual, 0.0)
        scored += 1
        covered += moment.horizon.p05 <= actual <= moment.horizon.p95
    return error, units, scored, covered
