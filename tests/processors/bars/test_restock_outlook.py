"""Forecast of the rest of the day: unbiased, also where evenings end early, and equal to the demand curve."""

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
    """Return moment, forecast of the rest and actual units, two hours into each evening. Half of them end early."""
    rng, forecasts = random.Random(seed), []
    for day in range(first, first + number):
        opens = BEGIN + timedelta(days=day)
        ends = opens + (CLOSES if rng.random() < 0.5 else timedelta(hours=3))
        sales, at = [], opens
        while (at := at + timedelta(minutes=rng.expovariate(1 / 4))) < ends:
            sales.append(at)
        moment = opens + timedelta(hours=2)
        for time in [entry for entry in sales if entry < moment]:
            demand.add_sale("beer", 1.0, time)
        demand.advance(moment)
        rest = RestockOutlook(demand, moment, opens + CLOSES).rest_of_day("beer")
        assert rest is not None
        forecasts.append((moment, rest.mean, float(sum(time >= moment for time in sales))))
        for time in [entry for entry in sales if entry >= moment]:
            demand.add_sale("beer", 1.0, time)
    return forecasts


def test_rest_of_day_is_unbiased_with_early_closings() -> None:
    scored = evenings(DemandModel(), 60)[20:]
    forecast, sold = (sum(entry[n] for entry in scored) for n in (1, 2))
    assert forecast == pytest.approx(sold, rel=0.15)


def test_rest_of_day_equals_sum_of_curve() -> None:
    demand = DemandModel()
    evenings(demand, 20)
    moment = BEGIN + timedelta(days=20, hours=2)
    demand.add_sale("beer", 30.0, moment - timedelta(minutes=5))
    demand.advance(moment)
    rest = RestockOutlook(demand, moment, moment + timedelta(hours=4)).rest_of_day("beer")
    points = demand_curve(demand, "beer", moment, moment + timedelta(hours=4))
    assert rest is not None
    assert len(points) == 16
    assert sum(point.mean for point in points) == pytest.approx(rest.mean, rel=1e-6)
    assert rest.p05 <= rest.p50 <= rest.p95
