"""The evening ahead, slot by slot: what will be asked for, how surely, what is left, and what moves the forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from processors.bars.demand import DemandModel
from processors.bars.restock_outlook import GROWTH

MOST = timedelta(hours=16)


class DemandPoint(Struct, frozen=True):
    """One slot; `left` is the stock at its end at the mean demand, None where nobody knows the stock."""

    start: datetime
    mean: float
    p05: float
    p95: float
    left: float | None = None


class ContextChange(Struct, frozen=True):
    """What if: other surroundings for the next slots. Values are those of the context's features.

    Attributes:
        context: features that get another value.
        minutes: how long from now; to the end if None.
    """

    context: Mapping[str, float]
    minutes: float | None = None


def demand_curve(
    demand: DemandModel,
    product: str,
    at: datetime,
    until: datetime,
    stock: float | None = None,
    change: ContextChange | None = None,
) -> list[DemandPoint]:
    """Slots from the open one to `until`, at most 16 hours.

    The next hour is what the horizons say, and later slots follow the season at the pace of that hour. A change of the
    surroundings acts as far as the model has learnt what such surroundings do.
    """
    first, series = demand.open_slot, demand.known(product)
    if first is None or series is None:
        return []
    longest = demand.horizons[-1]
    slots = min(max(1, math.ceil((until - demand.start(first)) / demand.slot)), int(MOST / demand.slot))
    usual = sum(series.season(demand.start(first + i)) for i in range(longest))
    hour = demand.mean(product, longest)
    growth = min(max(hour / usual, GROWTH[0]), GROWTH[1]) if usual > 1e-6 else 1.0
    effect = 1.0
    if change is not None:
        effect = demand.surroundings.effect(product, {**demand.context, **change.context}, demand.context)
    points, left = [], stock
    for i in range(slots):
        number = first + i
        if i < longest:
            mean = _step(demand, product, i)
        else:
            mean = 0.0 if demand.is_closed(number) else growth * series.season(demand.start(number))
        if change is not None and (
            change.minutes is None or demand.start(number) < at + timedelta(minutes=change.minutes)
        ):
            mean *= effect
        low, high = demand.interval(1, mean).ends(mean) if mean > 0 else (0.0, 0.0)
        if left is not None:
            left = max(0.0, left - mean)
        points.append(DemandPoint(demand.start(number), mean, low, max(low, high), left))
    return points


def demand_drivers(demand: DemandModel, product: str) -> dict[str, float]:
    """What moves the demand now: 0.1 is 10 % more than usual.

    The pace is the next hour's forecast against one whose last slots were what the season says; each of the
    surroundings is set against its mean so far. They overlap (a hot hour is a fast one too), so they don't add up.
    """
    longest = demand.horizons[-1]
    mean = demand.mean(product, longest)
    if mean <= 1e-6:
        return {}
    known, usual = demand.context, demand.surroundings.usual
    found = {"pace of the last slots": mean / max(demand.mean(product, longest, usual_pace=True), 1e-6) - 1}
    for name in known.keys() & usual.keys():
        found[name] = demand.surroundings.effect(product, known, {**known, name: usual[name]}) - 1
    return dict(sorted(found.items(), key=lambda item: (-abs(item[1]), item[0])))


def _step(demand: DemandModel, product: str, i: int) -> float:
    """Mean of one slot within the horizons: the difference of two of them, shared equally."""
    before = max((h for h in demand.horizons if h <= i), default=0)
    after = min(h for h in demand.horizons if h > i)
    lower = demand.mean(product, before) if before else 0.0
    return max(0.0, (demand.mean(product, after) - lower) / (after - before))
