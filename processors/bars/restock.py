"""What to fetch, how much, from where, and by when: the newsvendor's question asked for a whole bar at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from processors.bars.restock_outlook import RestockOutlook
from schemas.bars import STORE

SERVICE = 0.95
"""chance that what is fetched is enough for the lead time and the cover time"""

SURE_MINUTES = 60.0
"""beyond the lead time; what comes later is fetched by its mean, or a long evening's doubts would fill the bar"""


class StockItem(Struct, frozen=True):
    """What a bar holds of a product.

    Attributes:
        stock: units left.
        coming: units that somebody is fetching already.
        shelf: units the bar has room for.
        package: units that come together.
    """

    stock: float
    coming: float = 0.0
    shelf: float | None = None
    package: float | None = None


class SupplyTerms(Struct, frozen=True):
    """How a bar is supplied; the fields of the venue file."""

    lead_time_minutes: float = 20.0
    run_out_limit: float = 0.2
    cover_minutes: float = 240.0
    trip_worth_units: float = 1.0


class RestockAdvice(Struct, frozen=True):
    """Answer for one product.

    Attributes:
        run_out: chance that the stock ends before a delivery that is ordered now arrives.
        minutes_to_empty: at the mean demand of the next hour; None when nothing is sold.
        fetch: units to fetch now, None while nothing is needed.
        by: when the chance of running out reaches the bar's limit.
        source: `STORE`, or the neighbouring bar that can spare as much.
        along: not urgent by itself, but somebody goes anyway.
        surplus: units that can be spared until the bar closes.
        loss: mean units asked for in vain until a delivery that is ordered one lead time later would be there.
    """

    run_out: float
    minutes_to_empty: float | None
    fetch: float | None = None
    by: datetime | None = None
    source: str | None = None
    along: bool = False
    surplus: float = 0.0
    loss: float = 0.0


def restock_advice(
    outlook: RestockOutlook,
    items: Mapping[str, StockItem],
    at: datetime,
    terms: SupplyTerms,
    spare: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, RestockAdvice]:
    """What a bar must have fetched at `at`, as one trip.

    A product calls for a trip when its chance of running out before a delivery arrives reaches the limit. The trip is
    made when waiting for another lead time would cost as many sales, of all products together, as make it worth
    while. What may run out before the bar closes then comes along, so that nobody goes twice.

    Args:
        spare: surplus of the neighbouring bars, by bar and product.
    """
    lead, limit = terms.lead_time_minutes, terms.run_out_limit
    chances = {name: outlook.run_out(name, item.stock + item.coming, lead) for name, item in items.items()}
    losses = {name: outlook.shortfall(name, item.stock + item.coming, 2 * lead) for name, item in items.items()}
    called = max(chances.values(), default=0.0) >= limit and sum(losses.values()) >= terms.trip_worth_units
    found: dict[str, RestockAdvice] = {}
    for name, item in items.items():
        an_hour = outlook.mean(name, 60.0)
        minutes = item.stock / an_hour * 60 if an_hour > 1e-6 else None
        surplus = max(0.0, math.floor(item.stock - outlook.quantile(name, _rest(outlook, terms), SERVICE)))
        urgent = called and chances[name] >= limit
        along = called and not urgent
        if along:
            along = outlook.run_out(name, item.stock + item.coming, _rest(outlook, terms)) >= limit
        fetch = _amount(outlook, name, item, terms, urgent=urgent) if urgent or along else None
        if fetch is None:
            found[name] = RestockAdvice(chances[name], minutes, surplus=surplus, loss=losses[name])
            continue
        by = at + timedelta(minutes=outlook.lasts(name, item.stock, limit, lead + terms.cover_minutes))
        source = _source(name, fetch, spare or {})
        found[name] = RestockAdvice(chances[name], minutes, fetch, by, source, along, loss=losses[name])
    return found


def _rest(outlook: RestockOutlook, terms: SupplyTerms) -> float:
    """Minutes for which a delivery is meant: until the bar closes, at most the lead and the cover time."""
    return outlook.open_for(terms.lead_time_minutes + terms.cover_minutes)


def _amount(outlook: RestockOutlook, name: str, item: StockItem, terms: SupplyTerms, *, urgent: bool) -> float | None:
    """Surely enough for the next hour or so, on average until the bar closes, and no more than there is room for."""
    rest = _rest(outlook, terms)
    sure = outlook.quantile(name, min(rest, terms.lead_time_minutes + SURE_MINUTES), SERVICE)
    target = max(sure, outlook.mean(name, rest))
    wanted = target - item.stock - item.coming
    if item.package:
        wanted = math.ceil(wanted / item.package) * item.package
    if item.shelf is not None:
        # What is sold until the delivery comes makes room for it.
        left = max(item.stock - outlook.mean(name, terms.lead_time_minutes), 0.0)
        room = item.shelf - left - item.coming
        if wanted > room:
            wanted = math.floor(room / item.package) * item.package if item.package else room
    if wanted < 1:
        return 1.0 if urgent and item.coming < 1 and item.shelf is None else None
    return float(round(wanted))


def _source(name: str, units: float, spare: Mapping[str, Mapping[str, float]]) -> str:
    """The neighbour with the most to spare, if that is enough; a walk is shorter than a drive, and the store lasts."""
    bars = sorted(spare, key=lambda bar: (-spare[bar].get(name, 0.0), bar))
    return bars[0] if bars and spare[bars[0]].get(name, 0.0) >= units else STORE
