"""Demand curve: equal to the forecast in the next hour, seasonal later, and changed by learnt context effects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.demand import DemandModel
from processors.bars.demand_curve import ContextChange, demand_curve, demand_drivers

BEGIN = datetime(2026, 7, 1, 16, tzinfo=UTC)
WARM, HOT = 0.0, 1.0


def learnt_model(days: int = 8) -> tuple[DemandModel, datetime]:
    """Return a model of ten hours a day: 20 drinks a quarter at HOT, else 10; half of that from the sixth hour on."""
    demand, at = DemandModel(), BEGIN
    for day in range(days):
        for quarter in range(40 if day < days - 1 else 12):
            at = BEGIN + timedelta(days=day, minutes=15 * quarter)
            heat = HOT if (day + quarter // 7) % 2 else WARM
            units = (20 if heat == HOT else 10) // (1 if quarter < 20 else 2)
            demand.advance(at, {"temperature": heat})
            for n in range(units):
                demand.add_sale("water", 1.0, at + timedelta(seconds=40 * n))
    return demand, at + timedelta(minutes=14)


def test_curve_of_next_hour_equals_forecast_and_reduces_stock() -> None:
    demand, at = learnt_model()
    points = demand_curve(demand, "water", at, at + timedelta(hours=3), stock=60.0)
    assert sum(point.mean for point in points[:4]) == pytest.approx(demand.forecast("water")[-1].mean)
    left = [point.left for point in points]
    assert left == sorted(left, reverse=True)  # type: ignore[type-var]
    assert left[0] is not None
    assert left[0] < 60
    assert all(point.p05 <= point.mean <= point.p95 for point in points[:4])
    assert points[0].start.minute % 15 == 0


def test_curve_of_later_slots_follows_season() -> None:
    demand, at = learnt_model()
    points = demand_curve(demand, "water", at, BEGIN + timedelta(days=7, hours=9, minutes=45))
    early, late = points[1:6], points[-8:]
    assert sum(p.mean for p in late) / len(late) < 0.75 * sum(p.mean for p in early) / len(early)


def test_what_if_heatwave_raises_demand_by_learnt_effect() -> None:
    demand, at = learnt_model()
    warm = demand_curve(demand, "water", at, at + timedelta(hours=3), change=ContextChange({"temperature": WARM}))
    hot = demand_curve(demand, "water", at, at + timedelta(hours=3), change=ContextChange({"temperature": HOT}))
    ratio = sum(p.mean for p in hot) / sum(p.mean for p in warm)
    assert 1.3 < ratio < 2.5, "twice as much is sold when it is hot, and the weekly season explains a part of it"
    half_hour = demand_curve(
        demand, "water", at, at + timedelta(hours=3), change=ContextChange({"temperature": HOT}, minutes=30)
    )
    assert sum(p.mean for p in warm) < sum(p.mean for p in hot)
    assert half_hour[-1].mean == demand_curve(demand, "water", at, at + timedelta(hours=3))[-1].mean


def test_drivers_name_context_and_rate() -> None:
    demand, _ = learnt_model()
    assert set(demand_drivers(demand, "water")) == {"rate of the last slots", "temperature"}
    assert demand_drivers(demand, "unknown") == {}
    assert demand_curve(demand, "unknown", BEGIN, BEGIN + timedelta(hours=1)) == []
