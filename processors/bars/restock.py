"""Restock advice for a bar: products, units, source and time, after the newsvendor and can-order models.

For each product the order-up-to level is the newsvendor's quantile (Arrow, Harris and Marschak, Econometrica 1951) of
the demand until shortly after a delivery, or the mean demand until the bar closes if that is more. All products share
one trip: one that would run out calls for it, and others join it (can-order policy; Balintfy, Management Science 1964).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from processors.bars.restock_outlook import RestockOutlook
from schemas.bars import STORE
from schemas.ids import BarId, ProductId

SERVICE_LEVEL = 0.95
"""Probability that the stock after a delivery is enough for the lead time and `SERVICE_MINUTES`."""

SERVICE_MINUTES = 60.0
"""Minutes beyond the lead time that the service level covers; the later demand is fetched by its mean, or the
uncertainty of a long evening would fill the bar."""


class StockItem(Struct, frozen=True):
    """Stock of one product.

    Attributes:
        stock: units left.
        in_transit: units that are in transit to the bar.
        shelf: units the bar has room for; None for any number.
        package: units that come together; None for single units.
    """

    stock: float
    in_transit: float = 0.0
    shelf: float | None = None
    package: float | None = None


class SupplyTerms(Struct, frozen=True):
    """Terms of supply of a bar: fields of `BarSettings` in the venue file.

    Attributes:
        lead_time_minutes: from the call to the delivery.
        run_out_limit: probability of running out that calls for a delivery.
        cover_minutes: a delivery should last so long, or until the bar closes.
        trip_worth_units: lost sales that make a trip worthwhile.
    """

    lead_time_minutes: float = 20.0
    run_out_limit: float = 0.2
    cover_minutes: float = 240.0
    trip_worth_units: float = 1.0


class RestockAdvice(Struct, frozen=True):
    """Advice for one product.

    Attributes:
        run_out_probability: that the stock ends before a delivery ordered now arrives.
        minutes_to_empty: at the mean demand of the next hour; None where nothing is sold.
        fetch: units to fetch now; None where nothing is needed.
        fetch_by: when the run-out probability reaches the bar's limit.
        source: `STORE`, or the neighbouring bar that can spare as much.
        along: not urgent by itself, but fetched on the same trip.
        surplus: units that the bar can spare until it closes.
        expected_loss: expected unmet demand until a delivery ordered one lead time later would arrive, in units.
    """

    run_out_probability: float
    minutes_to_empty: float | None
    fetch: float | None = None
    fetch_by: datetime | None = None
    source: str | None = None
    along: bool = False
    surplus: float = 0.0
    expected_loss: float = 0.0


def restock_advice(
    outlook: RestockOutlook,
    items: Mapping[ProductId, StockItem],
    at: datetime,
    terms: SupplyTerms,
    surplus: Mapping[BarId, Mapping[ProductId, float]] | None = None,
) -> dict[ProductId, RestockAdvice]:
    """Return the advice for every product of a bar, planned as one trip.

    A product calls for a trip when its probability of running out before a delivery arrives reaches the limit. The trip
    is made when waiting for another lead time would lose as many sales, of all products together, as make it
    worthwhile. A product that may run out before the bar closes then joins it, so that nobody goes twice.

    Args:
        outlook: demand ahead of `at`.
        items: stock by product.
        at: now.
        terms: terms of supply.
        surplus: unclaimed surplus units of the neighbouring bars, by bar and product.
    """
    lead, limit = terms.lead_time_minutes, terms.run_out_limit
    chances = {
        name: outlook.run_out_probability(name, item.stock + item.in_transit, lead) for name, item in items.items()
    }
    losses = {name: outlook.shortfall(name, item.stock + item.in_transit, 2 * lead) for name, item in items.items()}
    trip = max(chances.values(), default=0.0) >= limit and sum(losses.values()) >= terms.trip_worth_units
    advice: dict[ProductId, RestockAdvice] = {}
    for name, item in items.items():
        per_hour = outlook.mean(name, 60.0)
        minutes = item.stock / per_hour * 60 if per_hour > 1e-6 else None
        spare = max(0.0, math.floor(item.stock - outlook.quantile(name, _cover_minutes(outlook, terms), SERVICE_LEVEL)))
        urgent = trip and chances[name] >= limit
        along = trip and not urgent
        if along:
            rest = _cover_minutes(outlook, terms)
            along = outlook.run_out_probability(name, item.stock + item.in_transit, rest) >= limit
        fetch = _order_units(outlook, name, item, terms, urgent=urgent) if urgent or along else None
        if fetch is None:
            advice[name] = RestockAdvice(chances[name], minutes, surplus=spare, expected_loss=losses[name])
            continue
        left = outlook.minutes_to_limit(name, item.stock, limit, lead + terms.cover_minutes)
        advice[name] = RestockAdvice(
            chances[name],
            minutes,
            fetch,
            at + timedelta(minutes=left),
            _source(name, fetch, surplus or {}),
            along,
            expected_loss=losses[name],
        )
    return advice


def _cover_minutes(outlook: RestockOutlook, terms: SupplyTerms) -> float:
    """Return the minutes that a delivery should last: until the bar closes, at most the lead and the cover time."""
    return outlook.open_minutes(terms.lead_time_minutes + terms.cover_minutes)


def _order_units(
    outlook: RestockOutlook, name: ProductId, item: StockItem, terms: SupplyTerms, *, urgent: bool
) -> float | None:
    """Return the units up to the order-up-to level, in whole packages and within the shelf; None for less than one."""
    rest = _cover_minutes(outlook, terms)
    sure = outlook.quantile(name, min(rest, terms.lead_time_minutes + SERVICE_MINUTES), SERVICE_LEVEL)
    target = max(sure, outlook.mean(name, rest))
    wanted = target - item.stock - item.in_transit
    if item.package:
        wanted = math.ceil(wanted / item.package) * item.package
    if item.shelf is not None:
        # Sales until the delivery arrives make room for it.
        left = max(item.stock - outlook.mean(name, terms.lead_time_minutes), 0.0)
        room = item.shelf - left - item.in_transit
        if wanted > room:
            wanted = math.floor(room / item.package) * item.package if item.package else room
    if wanted < 1:
        return 1.0 if urgent and item.in_transit < 1 and item.shelf is None else None
    return float(round(wanted))


def _source(name: ProductId, units: float, surplus: Mapping[BarId, Mapping[ProductId, float]]) -> str:
    """Return the neighbour with the largest surplus if it is enough, else the store: a walk is shorter than a drive."""
    bars = sorted(surplus, key=lambda bar: (-surplus[bar].get(name, 0.0), bar))
    return bars[0] if bars and surplus[bars[0]].get(name, 0.0) >= units else STORE
