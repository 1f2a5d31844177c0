"""The rest of the day: unbiased, also where evenings end early, and the same in the forecast as in the curve."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.demand import DemandModel
from processors.bars.demand_curve import demand_curve
from processors.bars.restock_outlook import RestockOutlook

BEGIN = datetime(2026, 6, 1, 18, tzinfo=UTC)
CLOSES = timedelta(hours=6)


def evenings(demand: DemandModel, number: int, first: int = 0, seed: int = 5) -> list[tuple[datetime, float, float]]:
    """Two hours into each: the moment, what was forecast for the rest, and what came. Half of them end early."""
    seeded, found = random.Random(seed), []
    for day in range(first, first + number):
        opens = BEGIN + timedelta(days=day)
        ends = opens + (CLOSES if seeded.random() < 0.5 else timedelta(hours=3))
        sales, at = [], opens
        while (at := at + timedelta(minutes=seeded.expovariate(1 / 4))) < ends:
            sales.append(at)
        asked = opens + timedelta(hours=2)
        for time in [one for one in sales if one < asked]:
            demand.sell("beer", 1.0, time)
        demand.advance(asked)
        rest = RestockOutlook(demand, asked, opens + CLOSES).rest_of_day("beer")
        assert rest is not None
        found.append((asked, rest.mean, float(sum(time >= asked for time in sales))))
        for time in [one for one in sales if one >= asked]:
            demand.sell("beer", 1.0, time)
    return found


def test_evenings_that_end_early_count_as_much_as_the_long_ones() -> None:
    scored = evenings(DemandModel(), 60)[20:]
    forecast, came = (sum(one[n] for one in scored) for n in (1, 2))
    assert forecast == pytest.approx(came, rel=0.15)


def test_the_forecast_and_the_curve_say_the_same() -> None:
    demand = DemandModel()
    evenings(demand, 20)
    asked = BEGIN + timedelta(days=20, hours=2)
    demand.sell("beer", 30.0, asked - timedelta(minutes=5))
    demand.advance(asked)
    rest = RestockOutlook(demand, asked, asked + timedelta(hours=4)).rest_of_day("beer")
    points = demand_curve(demand, "beer", asked, asked + timedelta(hours=4))
    assert rest is not None
    assert len(points) == 16
    assert sum(point.mean for point in points) == pytest.approx(rest.mean, rel=1e-6)
    assert rest.p05 <= rest.p50 <= rest.p95
