"""Demand curve of the evening ahead, slot by slot, with what-if contexts and the drivers of the forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from processors.bars.demand import DemandModel
from processors.bars.restock_outlook import growth_factor, seasonal_units
from schemas.ids import ProductId

MAX_LENGTH = timedelta(hours=16)
"""Longest curve."""

RATE_DRIVER = "rate of the last slots"
"""Name of the driver that stands for the sales rate of the last slots."""


class DemandPoint(Struct, frozen=True):
    """Demand in one slot.

    Attributes:
        start: local time at which the slot begins.
        mean: expected units.
        p05: lower end of the 90 % interval.
        p95: upper end of the 90 % interval.
        left: stock at the end of the slot at the mean demand; None where the stock is not configured or counted.
    """

    start: datetime
    mean: float
    p05: float
    p95: float
    left: float | None = None


class ContextChange(Struct, frozen=True):
    """Other context features for the next slots than those forecast: a what-if.

    Attributes:
        context: features that get another value.
        minutes: duration from now; to the end of the curve if None.
    """

    context: Mapping[str, float]
    minutes: float | None = None


def demand_curve(
    demand: DemandModel,
    product: ProductId,
    at: datetime,
    until: datetime,
    stock: float | None = None,
    change: ContextChange | None = None,
) -> list[DemandPoint]:
    """Return the slots from the open one to `until`, at most 16 hours.

    The next hour is what the horizons forecast; later slots follow the season, scaled by the growth of that hour. A
    what-if acts as far as the model has learnt the effect of its features.

    Args:
        demand: demand model.
        product: its id; one without a series has no curve.
        at: now, from which the duration of a change counts.
        until: end of the curve.
        stock: units left now.
        change: what-if context.
    """
    first, series = demand.open_slot, demand.series(product)
    if first is None or series is None:
        return []
    longest = demand.horizons[-1]
    slots = min(
        max(1, math.ceil((until - demand.slot_start(first)) / demand.slot_length)), int(MAX_LENGTH / demand.slot_length)
    )
    growth = growth_factor(demand.mean(product, longest), seasonal_units(demand, series, first))
    effect = 1.0
    if change is not None:
        effect = demand.context_effects.effect(product, {**demand.context, **change.context}, demand.context)
    points, left = [], stock
    for i in range(slots):
        number = first + i
        if i < longest:
            mean = _slot_mean(demand, product, i)
        else:
            mean = 0.0 if demand.is_closed(number) else growth * series.season(demand.slot_start(number))
        if change is not None and (
            change.minutes is None or demand.slot_start(number) < at + timedelta(minutes=change.minutes)
        ):
            mean *= effect
        low, high = demand.interval(1, mean).ends(mean) if mean > 0 else (0.0, 0.0)
        if left is not None:
            left = max(0.0, left - mean)
        points.append(DemandPoint(demand.slot_start(number), mean, low, max(low, high), left))
    return points


def demand_drivers(demand: DemandModel, product: ProductId) -> dict[str, float]:
    """Return the relative change of the next hour's demand by driver, the strongest first; 0.1 is 10 % more.

    `RATE_DRIVER` compares the forecast with one whose last slots were as the season says; each context feature is
    compared with its running mean. The drivers overlap (a hot hour also sells fast), so they don't add up.
    """
    longest = demand.horizons[-1]
    mean = demand.mean(product, longest)
    if mean <= 1e-6:
        return {}
    context, means = demand.context, demand.context_effects.means
    drivers = {RATE_DRIVER: mean / max(demand.mean(product, longest, seasonal_rate=True), 1e-6) - 1}
    for name in context.keys() & means.keys():
        drivers[name] = demand.context_effects.effect(product, context, {**context, name: means[name]}) - 1
    return dict(sorted(drivers.items(), key=lambda item: (-abs(item[1]), item[0])))


def _slot_mean(demand: DemandModel, product: ProductId, i: int) -> float:
    """Return the mean of one slot within the horizons: the difference of two of them, shared equally."""
    before = max((h for h in demand.horizons if h <= i), default=0)
    after = min(h for h in demand.horizons if h > i)
    lower = demand.mean(product, before) if before else 0.0
    return max(0.0, (demand.mean(product, after) - lower) / (after - before))
