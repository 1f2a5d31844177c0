"""Are the notices worth it: real evenings, restocked by them, by fixed reorder points, and not at all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from processors.bars.demand import DemandModel
from processors.bars.demand_state import DemandState
from processors.bars.model_card import model_card
from processors.bars.restock import SupplyTerms
from processors.bars.restock_simulation import (
    CustomerOrder,
    NoRestock,
    NoticePolicy,
    ReorderPointPolicy,
    SimulationResult,
    learn,
    orders_of,
    overlay_weeks,
    simulate,
)
from processors.bars.sales_file import SalesFileError, read_sales

WORTH = (0.5, 1.0, 2.0, 4.0, 8.0)
"""sales that make a trip worth while, so that the notices are compared at several numbers of trips"""

POINTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""fixed reorder points that are tried, in mean sales of a lead time of the open hours"""

JOINS = (0.5, 0.8, 1.0)
"""shelf levels at which a product comes along on somebody's trip"""

CALLS = (1, 2, 3, 4, 6)
"""products at their point that make a trip"""

SAME = 1.02
"""trips that count as the same number"""

Progress = Callable[[int, int], None]


class RestockSetting(Struct, frozen=True):
    """The bar that is played.

    Attributes:
        products: how many of the most sold products it has.
        weeks: whose evenings are laid over each other.
        shelf: room for each product, as a share of a mean evening's sales; every evening opens with full shelves.
    """

    products: int = 20
    weeks: int = 4
    shelf: float = 0.5
    lead_minutes: float = 30.0


def evaluate(
    path: Path,
    setting: RestockSetting = RestockSetting(),  # noqa: B008 - frozen
    *,
    score_from: date | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Learn from the evenings before a day, then play those after it once for every way of restocking.

    The reorder points are tuned on the very evenings that are scored, which is in their favour: of all that were
    tried, the best that goes at most as often as the notices is what they are compared with, or the one that goes
    least where none goes so seldom.

    Raises:
        SalesFileError: the file can't be used, or holds too few evenings.
    """
    learnt, played = _evenings(path, setting, score_from)
    evenings = len({order.day for order in learnt})
    sold: Counter[str] = Counter()
    for order in learnt:
        sold.update(order.units)
    shelf = {name: float(max(2, math.ceil(units / evenings * setting.shelf))) for name, units in sold.items()}
    lead = timedelta(minutes=setting.lead_minutes)
    total = len(WORTH) + 2

    demand = DemandModel()
    for order in learnt:
        learn(demand, order.time.replace(tzinfo=UTC), order.units)
    state = msgspec.json.encode(demand.state)
    progress(1, total)

    none = simulate(played, NoRestock(), shelf, lead, UTC)
    pace = _pace(learnt, lead)
    alone = _points(played, shelf, pace, lead, (0.0,))
    joint = _points(played, shelf, pace, lead, JOINS)
    progress(2, total)
    notices: dict[str, Any] = {}
    for number, worth in enumerate(WORTH):
        demand = DemandModel(msgspec.json.decode(state, type=DemandState))
        terms = SupplyTerms(lead_time_minutes=setting.lead_minutes, trip_worth_units=worth)
        result = simulate(played, NoticePolicy(demand, shelf, terms), shelf, lead, UTC)
        notices[f"worth_{worth:g}"] = {
            **_figures(result),
            "reorder_point_same_trips": _compared(result, alone),
            "joint_reorder_point_same_trips": _compared(result, joint),
        }
        progress(3 + number, total)
    return {
        **model_card(),
        "evenings_learnt": evenings,
        "evenings_played": len({order.day for order in played}),
        "orders_played": len(played),
        "asked": none.asked,
        "none": _figures(none),
        "notices": notices,
    }


def _evenings(
    path: Path, setting: RestockSetting, score_from: date | None
) -> tuple[list[CustomerOrder], list[CustomerOrder]]:
    sales = read_sales(path)
    if score_from is None:
        score_from = (sales[0].time + (sales[-1].time - sales[0].time) * 0.75).date()
    known: Counter[str] = Counter()
    for sale in sales:
        if sale.time.date() < score_from:
            known[sale.product] += max(0.0, sale.quantity)  # type: ignore[assignment]
    products = [name for name, _ in known.most_common(setting.products)]
    orders = orders_of(sales, products)
    before = [order for order in orders if order.day < score_from]
    if not before or len(before) == len(orders):
        raise SalesFileError(f"{path}: no evening to learn from before {score_from}, or none to play after it")
    folded, learnt = overlay_weeks(orders, setting.weeks), overlay_weeks(before, setting.weeks)
    # The week in which the two meet belongs to the evenings that are played, whole.
    cut = learnt[-1].day - timedelta(days=learnt[-1].day.weekday())
    learnt = [order for order in folded if order.day < cut]
    if not learnt:
        raise SalesFileError(f"{path}: less than {setting.weeks} weeks before {score_from}: lay fewer over each other")
    return learnt, [order for order in folded if order.day >= cut]


def _pace(orders: Sequence[CustomerOrder], lead: timedelta) -> dict[str, float]:
    """Mean sales of a lead time in the hours of the day that hold at least a twentieth of all sales."""
    hours: Counter[int] = Counter()
    units: Counter[str] = Counter()
    for order in orders:
        hours[order.time.hour] += 1
    busy = {hour for hour, number in hours.items() if number >= 0.05 * len(orders)}
    for order in orders:
        if order.time.hour in busy:
            units.update(order.units)
    span = len(busy) * len({order.day for order in orders}) * timedelta(hours=1) / lead
    return {name: sold / span for name, sold in units.items()}


def _points(
    orders: Sequence[CustomerOrder],
    shelf: dict[str, float],
    pace: dict[str, float],
    lead: timedelta,
    joins: Sequence[float],
) -> list[SimulationResult]:
    found = []
    for join in joins:
        for factor in POINTS:
            points = {name: min(room - 1, factor * pace.get(name, 0.0)) for name, room in shelf.items()}
            policies = [ReorderPointPolicy(points, shelf, join, calls) for calls in CALLS]
            found += [simulate(orders, policy, shelf, lead, UTC) for policy in policies]
    return found


def _compared(ours: SimulationResult, others: Sequence[SimulationResult]) -> dict[str, Any]:
    rare = [other for other in others if other.trips <= ours.trips * SAME]
    best = min(rare, key=lambda other: other.lost) if rare else min(others, key=lambda other: other.trips)
    return {**_figures(best), "lost_less": 1 - ours.lost / best.lost if best.lost else 0.0}


def _figures(result: SimulationResult) -> dict[str, Any]:
    return {
        "lost": result.lost,
        "lost_share": result.lost / max(1e-9, result.asked),
        "stock_outs": result.stock_outs,
        "trips": result.trips,
        "surplus": result.surplus,
    }
