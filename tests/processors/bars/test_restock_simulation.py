"""Restock simulation: its totals are right, and forecast-based notices beat fixed reorder points."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.bars.restock_evaluation import RestockSetting, evaluate
from processors.bars.restock_simulation import CustomerOrder, NoRestock, ReorderPointPolicy, overlay_weeks, simulate
from processors.bars.sales_file import SalesFileError

SHELF = {"beer": 10.0, "water": 4.0}


def order(minutes: float, **units: float) -> CustomerOrder:
    return CustomerOrder(datetime(2026, 6, 1, 18) + timedelta(minutes=minutes), units)  # noqa: DTZ001 - files have local time


def test_unmet_demand_is_lost_and_evenings_open_full() -> None:
    orders = [order(0, beer=8), order(1, beer=8, water=1), order(24 * 60, beer=9)]
    result = simulate(orders, NoRestock(), SHELF, timedelta(minutes=20), UTC)
    assert (result.asked, result.lost, result.stock_outs, result.trips) == (26, 6, 1, 0)


def test_runner_arrives_after_lead_time_and_makes_one_trip() -> None:
    orders = [order(0, beer=8), order(5, beer=2), order(10, beer=1), order(20, beer=3)]
    policy = ReorderPointPolicy({"beer": 2.0, "water": 0.0}, SHELF, join=0.0)
    result = simulate(orders, policy, SHELF, timedelta(minutes=20), UTC)
    assert (result.lost, result.trips, result.fetched, result.surplus) == (1, 1, 8, 5)
    two_notices = ReorderPointPolicy({"beer": 2.0, "water": 0.0}, SHELF, join=0.0, calls=2)
    assert simulate(orders, two_notices, SHELF, timedelta(minutes=20), UTC).trips == 0


def test_overlay_merges_evenings_of_same_weekday() -> None:
    orders = [order(7 * 24 * 60 * week + minute, beer=1) for week in range(8) for minute in (0, 30)]
    overlaid = overlay_weeks(orders, 4)
    assert len(overlaid) == 16
    assert len({order_.day for order_ in overlaid}) == 2
    assert {order_.day.weekday() for order_ in overlaid} == {0}
    assert overlaid == sorted(overlaid, key=lambda order_: order_.time)


def write_orders(path: Path, days: int) -> Path:
    """Write orders of a shop with a rush at nine, twice as busy on Fridays."""
    lines, number = ["ordered_at,order_id,product,quantity"], 0
    for day in range(days):
        for minute in range(0, 300, 4):
            at = datetime(2026, 3, 2, 17) + timedelta(days=day, minutes=minute)  # noqa: DTZ001
            pace = 1 + 3 * math.exp(-(((minute - 240) / 30) ** 2)) * (2 if at.weekday() == 4 else 1)
            number += 1
            lines.append(f"{at.isoformat()},{number},beer,{max(1, round(pace))}")
            if minute % 12 == 0:
                lines.append(f"{at.isoformat()},{number},water,1")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_notices_lose_less_than_tuned_reorder_points(tmp_path: Path) -> None:
    file = write_orders(tmp_path / "orders.csv", 42)
    report = evaluate(file, RestockSetting(products=2, weeks=1, shelf=0.4, lead_minutes=20))
    notices = report["notices"]["worth_1"]
    assert report["none"]["trips"] == 0
    assert notices["lost"] < 0.3 * report["none"]["lost"]
    assert notices["reorder_point_same_trips"]["lost_less"] > 0


def test_too_few_evenings_are_reported(tmp_path: Path) -> None:
    with pytest.raises(SalesFileError, match="lay fewer over each other"):
        evaluate(write_orders(tmp_path / "orders.csv", 10), RestockSetting(weeks=4))
