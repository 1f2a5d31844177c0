"""Evenings of real orders, played against ways to restock a bar: what was lost, how often somebody went."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Protocol

from msgspec import Struct

from processors.bars.demand import DemandModel
from processors.bars.restock import StockItem, SupplyTerms, restock_advice
from processors.bars.restock_outlook import RestockOutlook
from processors.bars.sales_file import Sale

DAY_BEGINS = timedelta(hours=5)
"""What is sold at two in the night belongs to the evening before."""


class CustomerOrder(Struct, frozen=True):
    """What one customer asks for; times are local."""

    time: datetime
    units: dict[str, float]

    @property
    def day(self) -> date:
        """The evening it belongs to."""
        return (self.time - DAY_BEGINS).date()


class SimulationResult(Struct):
    """What a way of restocking led to.

    Attributes:
        asked, lost: units.
        stock_outs: products that somebody asked for in vain, once an evening.
        surplus: fetched units that were still there in the end.
    """

    asked: float = 0.0
    lost: float = 0.0
    stock_outs: int = 0
    trips: int = 0
    fetched: float = 0.0
    surplus: float = 0.0


class RestockPolicy(Protocol):
    """When to go, and what for."""

    def sold(self, at: datetime, units: Mapping[str, float], stock: Mapping[str, float]) -> None:
        """Learn from a sale; `units` is what was sold, which is not always what was asked for."""

    def fetch(self, at: datetime, stock: Mapping[str, float]) -> Mapping[str, float]:
        """Units to fetch now by product; empty for no trip."""


class NoRestock:
    """The bar sells what it opened with."""

    def sold(self, at: datetime, units: Mapping[str, float], stock: Mapping[str, float]) -> None:
        """Learn nothing."""

    def fetch(self, at: datetime, stock: Mapping[str, float]) -> Mapping[str, float]:
        """Nothing, ever."""
        return {}


class ReorderPointPolicy(NoRestock):
    """Goes when a product is at its point, and fills the shelf of every product below the join level.

    Args:
        points: units at or below which somebody goes.
        join: share of the shelf at or below which a product comes along when somebody goes; 0 only at its own point,
            1 fills everything (a can-order policy: Balintfy 1964).
        calls: how many products must be at their point for somebody to go.
    """

    def __init__(self, points: Mapping[str, float], shelf: Mapping[str, float], join: float, calls: int = 1) -> None:
        self._points, self._shelf, self._join, self._calls = points, shelf, join, calls

    def fetch(self, at: datetime, stock: Mapping[str, float]) -> Mapping[str, float]:
        """Up to the shelf."""
        if sum(stock[name] <= point for name, point in self._points.items()) < self._calls:
            return {}
        return {
            name: self._shelf[name] - left
            for name, left in stock.items()
            if left < self._shelf[name] and (left <= self._points[name] or left <= self._join * self._shelf[name])
        }


class NoticePolicy:
    """Pulso's own notices."""

    def __init__(self, demand: DemandModel, shelf: Mapping[str, float], terms: SupplyTerms) -> None:
        self._demand, self._shelf, self._terms = demand, shelf, terms

    def sold(self, at: datetime, units: Mapping[str, float], stock: Mapping[str, float]) -> None:
        """Learn as the bars worker does."""
        learn(self._demand, at, units, [name for name, left in stock.items() if left <= 0])

    def fetch(self, at: datetime, stock: Mapping[str, float]) -> Mapping[str, float]:
        """What the notice says, when there is one."""
        items = {name: StockItem(left, shelf=self._shelf[name]) for name, left in stock.items()}
        found = restock_advice(RestockOutlook(self._demand, at), items, at, self._terms)
        if not any(need.fetch and not need.along for need in found.values()):
            return {}
        return {name: need.fetch for name, need in found.items() if need.fetch}


def learn(demand: DemandModel, at: datetime, units: Mapping[str, float], sold_out: Sequence[str] = ()) -> None:
    """Tell the model what was sold."""
    demand.advance(at, None, sold_out)
    for name, sold in units.items():
        demand.sell(name, sold, at)


def orders_of(sales: Sequence[Sale], products: Sequence[str]) -> list[CustomerOrder]:
    """The orders in their time, without the products that are not looked at."""
    found = []
    for (time, _), lines in groupby(sales, key=lambda sale: (sale.time, sale.order)):
        units: dict[str, float] = defaultdict(float)
        for line in lines:
            if line.product in products and line.quantity > 0:
                units[line.product] += line.quantity
        if units:
            found.append(CustomerOrder(time, dict(units)))
    return found


def overlay_weeks(orders: Sequence[CustomerOrder], weeks: int) -> list[CustomerOrder]:
    """The same evenings of so many consecutive weeks become one, since a takeaway is far quieter than a bar.

    Times of day and weekdays stay; the weeks are numbered anew from the first one.
    """
    first = orders[0].day - timedelta(days=orders[0].day.weekday())
    moved = []
    for order in orders:
        week = (order.day - first).days // 7
        moved.append(CustomerOrder(order.time - timedelta(weeks=week - week // weeks), order.units))
    return sorted(moved, key=lambda order: order.time)


def simulate(
    orders: Sequence[CustomerOrder], policy: RestockPolicy, shelf: Mapping[str, float], lead: timedelta, zone: tzinfo
) -> SimulationResult:
    """Let a policy restock through all evenings; each opens with full shelves, and there is one runner.

    Args:
        zone: time zone in which the policy sees the times.
    """
    result = SimulationResult()
    for _, evening in groupby(orders, key=lambda order: order.day):
        _play_evening(list(evening), policy, shelf, lead, zone, result)
    return result


def _play_evening(
    orders: Sequence[CustomerOrder],
    policy: RestockPolicy,
    shelf: Mapping[str, float],
    lead: timedelta,
    zone: tzinfo,
    result: SimulationResult,
) -> None:
    stock, fetched = dict(shelf), Counter[str]()
    empty: set[str] = set()
    under_way: tuple[datetime, Mapping[str, float]] | None = None
    for order in orders:
        at = order.time.replace(tzinfo=zone)
        if under_way is not None and under_way[0] <= at:
            for name, units in under_way[1].items():
                stock[name] += units
            under_way = None
        sold = {name: min(units, stock[name]) for name, units in order.units.items()}
        for name, units in order.units.items():
            result.asked += units
            result.lost += units - sold[name]
            if units > sold[name]:
                empty.add(name)
            stock[name] -= sold[name]
        policy.sold(at, {name: units for name, units in sold.items() if units}, stock)
        if under_way is None and (wanted := policy.fetch(at, stock)):
            under_way = at + lead, wanted
            result.trips += 1
            fetched.update(wanted)
    if under_way is not None:
        for name, units in under_way[1].items():
            stock[name] += units
    result.stock_outs += len(empty)
    result.fetched += sum(fetched.values())
    result.surplus += sum(min(stock[name], units) for name, units in fetched.items())
