"""Evaluation of restock advice: real evenings restocked by it, by fixed reorder points, and not at all."""

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
    learn_order,
    orders_of,
    overlay_weeks,
    simulate,
)
from processors.bars.sales_file import SalesFileError, read_sales
from schemas.ids import ProductId

TRIP_WORTHS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Lost sales that make a trip worthwhile, in units: so the advice is compared at several numbers of trips."""

POINT_FACTORS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Fixed reorder points that are tried, in mean sales of a lead time of the open hours."""

JOIN_LEVELS = (0.5, 0.8, 1.0)
"""Shares of the shelf at which a product joins a trip that are tried."""

CALLS = (1, 2, 3, 4, 6)
"""Numbers of products at their point that make a trip that are tried."""

TRIP_TOLERANCE = 1.02
"""Ratio of trips up to which two policies count as making the same number."""

BUSY_SHARE = 0.05
"""Share of the orders that makes an hour of the day a busy one."""

Progress = Callable[[int, int], None]
"""Called with the number of steps done and their total."""


class RestockSetting(Struct, frozen=True):
    """Bar that is simulated.

    Attributes:
        products: number of its products, the most sold ones.
        weeks: number of weeks whose evenings are merged into one.
        shelf: room for each product as a share of a mean evening's sales; every evening opens with full shelves.
        lead_minutes: lead time of a trip.
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
    """Learn from the evenings before a day, then simulate those after it once for every policy.

    The reorder points are tuned on the very evenings that are scored, which is in their favour: of all that were tried,
    the best with at most as many trips as the advice is compared, or the one with the fewest trips where none has so
    few.

    Args:
        path: CSV file of orders to the minute.
        setting: bar that is simulated.
        score_from: first day that is simulated; the last quarter of the time in the file if left out.
        progress: called as policies are done.

    Raises:
        SalesFileError: the file can't be used, or holds too few evenings.
    """
    learnt, scored = _evenings(path, setting, score_from)
    evenings = len({order.day for order in learnt})
    sold: Counter[ProductId] = Counter()
    for order in learnt:
        sold.update(order.units)
    shelf = {name: float(max(2, math.ceil(units / evenings * setting.shelf))) for name, units in sold.items()}
    lead = timedelta(minutes=setting.lead_minutes)
    total = len(TRIP_WORTHS) + 2

    demand = DemandModel()
    for order in learnt:
        learn_order(demand, order.time.replace(tzinfo=UTC), order.units)
    state = msgspec.json.encode(demand.state)
    progress(1, total)

    none = simulate(scored, NoRestock(), shelf, lead, UTC)
    lead_time_sales = _lead_time_sales(learnt, lead)
    alone = _reorder_point_results(scored, shelf, lead_time_sales, lead, (0.0,))
    joint = _reorder_point_results(scored, shelf, lead_time_sales, lead, JOIN_LEVELS)
    progress(2, total)
    notices: dict[str, Any] = {}
    for number, worth in enumerate(TRIP_WORTHS):
        demand = DemandModel(msgspec.json.decode(state, type=DemandState))
        terms = SupplyTerms(lead_time_minutes=setting.lead_minutes, trip_worth_units=worth)
        result = simulate(scored, NoticePolicy(demand, shelf, terms), shelf, lead, UTC)
        notices[f"worth_{worth:g}"] = {
            **_figures(result),
            "reorder_point_same_trips": _compared(result, alone),
            "joint_reorder_point_same_trips": _compared(result, joint),
        }
        progress(3 + number, total)
    return {
        **model_card(),
        "evenings_learnt": evenings,
        "evenings_played": len({order.day for order in scored}),
        "orders_played": len(scored),
        "asked": none.asked,
        "none": _figures(none),
        "notices": notices,
    }


def _evenings(
    path: Path, setting: RestockSetting, score_from: date | None
) -> tuple[list[CustomerOrder], list[CustomerOrder]]:
    """Return the orders to learn from and those to score."""
    sales = read_sales(path)
    if score_from is None:
        score_from = (sales[0].time + (sales[-1].time - sales[0].time) * 0.75).date()
    sold: Counter[ProductId] = Counter()
    for sale in sales:
        if sale.time.date() < score_from:
            sold[sale.product] += max(0.0, sale.quantity)  # type: ignore[assignment]
    products = [name for name, _ in sold.most_common(setting.products)]
    orders = orders_of(sales, products)
    before = [order for order in orders if order.day < score_from]
    if not before or len(before) == len(orders):
        raise SalesFileError(f"{path}: no evening to learn from before {score_from}, or none to score after it")
    merged, learnt = overlay_weeks(orders, setting.weeks), overlay_weeks(before, setting.weeks)
    # The week in which the two meet belongs to the evenings that are scored, as a whole.
    cut = learnt[-1].day - timedelta(days=learnt[-1].day.weekday())
    learnt = [order for order in merged if order.day < cut]
    if not learnt:
        raise SalesFileError(f"{path}: less than {setting.weeks} weeks before {score_from}: lay fewer over each other")
    return learnt, [order for order in merged if order.day >= cut]


def _lead_time_sales(orders: Sequence[CustomerOrder], lead: timedelta) -> dict[ProductId, float]:
    """Return the mean units sold in a lead time of the busy hours, by product."""
    hours: Counter[int] = Counter()
    units: Counter[ProductId] = Counter()
    for order in orders:
        hours[order.time.hour] += 1
    busy = {hour for hour, number in hours.items() if number >= BUSY_SHARE * len(orders)}
    for order in orders:
        if order.time.hour in busy:
            units.update(order.units)
    lead_times = len(busy) * len({order.day for order in orders}) * timedelta(hours=1) / lead
    return {name: sold / lead_times for name, sold in units.items()}


def _reorder_point_results(
    orders: Sequence[CustomerOrder],
    shelf: dict[ProductId, float],
    lead_time_sales: dict[ProductId, float],
    lead: timedelta,
    joins: Sequence[float],
) -> list[SimulationResult]:
    results = []
    for join in joins:
        for factor in POINT_FACTORS:
            points = {name: min(room - 1, factor * lead_time_sales.get(name, 0.0)) for name, room in shelf.items()}
            policies = [ReorderPointPolicy(points, shelf, join, calls) for calls in CALLS]
            results += [simulate(orders, policy, shelf, lead, UTC) for policy in policies]
    return results


def _compared(ours: SimulationResult, others: Sequence[SimulationResult]) -> dict[str, Any]:
    rare = [other for other in others if other.trips <= ours.trips * TRIP_TOLERANCE]
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
