"""The simulation counts what it says, and the notices beat what does not look ahead."""

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


def test_what_is_asked_for_in_vain_is_lost_and_each_evening_opens_with_full_shelves() -> None:
    orders = [order(0, beer=8), order(1, beer=8, water=1), order(24 * 60, beer=9)]
    found = simulate(orders, NoRestock(), SHELF, timedelta(minutes=20), UTC)
    assert (found.asked, found.lost, found.stock_outs, found.trips) == (26, 6, 1, 0)


def test_a_runner_arrives_after_the_lead_time_and_goes_once_at_a_time() -> None:
    orders = [order(0, beer=8), order(5, beer=2), order(10, beer=1), order(20, beer=3)]
    policy = ReorderPointPolicy({"beer": 2.0, "water": 0.0}, SHELF, join=0.0)
    found = simulate(orders, policy, SHELF, timedelta(minutes=20), UTC)
    assert (found.lost, found.trips, found.fetched, found.surplus) == (1, 1, 8, 5)
    never = ReorderPointPolicy({"beer": 2.0, "water": 0.0}, SHELF, join=0.0, calls=2)
    assert simulate(orders, never, SHELF, timedelta(minutes=20), UTC).trips == 0


def test_evenings_of_the_same_weekday_are_laid_over_each_other() -> None:
    orders = [order(7 * 24 * 60 * week + minute, beer=1) for week in range(8) for minute in (0, 30)]
    folded = overlay_weeks(orders, 4)
    assert len(folded) == 16
    assert len({one.day for one in folded}) == 2
    assert {one.day.weekday() for one in folded} == {0}
    assert folded == sorted(folded, key=lambda one: one.time)


def write_orders(path: Path, days: int) -> Path:
    """A shop with a rush at nine, twice as busy on Fridays."""
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


def test_notices_lose_less_than_points_that_were_tuned_in_hindsight(tmp_path: Path) -> None:
    file = write_orders(tmp_path / "orders.csv", 42)
    report = evaluate(file, RestockSetting(products=2, weeks=1, shelf=0.4, lead_minutes=20))
    ours = report["notices"]["worth_1"]
    assert report["none"]["trips"] == 0
    assert ours["lost"] < 0.3 * report["none"]["lost"]
    assert ours["reorder_point_same_trips"]["lost_less"] > 0


def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(SalesFileError, match="lay fewer over each other"):
        evaluate(write_orders(tmp_path / "orders.csv", 10), RestockSetting(weeks=4))
