"""Simulation of restock policies on evenings of real orders: lost sales, stock-outs and trips."""

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
from schemas.ids import ProductId

DAY_BEGINS = timedelta(hours=5)
"""Time of day at which a new evening begins: a sale at two in the night belongs to the evening before."""


class CustomerOrder(Struct, frozen=True):
    """Order of one customer.

    Attributes:
        time: local time, without a zone.
        units: by product.
    """

    time: datetime
    units: dict[ProductId, float]

    @property
    def day(self) -> date:
        """Day of the evening that the order belongs to."""
        return (self.time - DAY_BEGINS).date()


class SimulationResult(Struct):
    """Totals of a simulated policy.

    Attributes:
        asked: units ordered by customers.
        lost: units ordered and not in stock.
        stock_outs: products ordered while out of stock, counted once an evening each.
        trips: number of trips to the store.
        fetched: units fetched.
        surplus: fetched units that were left at the end of an evening.
    """

    asked: float = 0.0
    lost: float = 0.0
    stock_outs: int = 0
    trips: int = 0
    fetched: float = 0.0
    surplus: float = 0.0


class RestockPolicy(Protocol):
    """Decides when to fetch which products."""

    def add_order(self, at: datetime, units: Mapping[ProductId, float], stock: Mapping[ProductId, float]) -> None:
        """Learn from the units sold, which are less than the units ordered where stock is missing."""

    def fetch(self, at: datetime, stock: Mapping[ProductId, float]) -> Mapping[ProductId, float]:
        """Return the units to fetch now by product; empty for no trip."""


class NoRestock:
    """Policy without any trip: the bar sells its opening stock."""

    def add_order(self, at: datetime, units: Mapping[ProductId, float], stock: Mapping[ProductId, float]) -> None:
        """Learn nothing."""

    def fetch(self, at: datetime, stock: Mapping[ProductId, float]) -> Mapping[ProductId, float]:
        """Return no trip."""
        return {}


class ReorderPointPolicy(NoRestock):
    """Fixed reorder points: go when a product is at its point, and fill every shelf below the join level.

    Args:
        points: units at or below which a product calls for a trip.
        shelf: room for each product in units.
        join: share of the shelf at or below which a product joins a trip; at 0 only at its own point, at 1 always
            (a can-order policy: Balintfy, Management Science 1964).
        calls: number of products at their point that make a trip.
    """

    def __init__(
        self, points: Mapping[ProductId, float], shelf: Mapping[ProductId, float], join: float, calls: int = 1
    ) -> None:
        self._points, self._shelf, self._join, self._calls = points, shelf, join, calls

    def fetch(self, at: datetime, stock: Mapping[ProductId, float]) -> Mapping[ProductId, float]:
        """Return the units up to the shelf's room."""
        if sum(stock[name] <= point for name, point in self._points.items()) < self._calls:
            return {}
        return {
            name: self._shelf[name] - left
            for name, left in stock.items()
            if left < self._shelf[name] and (left <= self._points[name] or left <= self._join * self._shelf[name])
        }


class NoticePolicy:
    """Policy that follows Pulso's own restock advice.

    Args:
        demand: demand model; learns during the simulation.
        shelf: room for each product in units.
        terms: terms of supply.
    """

    def __init__(self, demand: DemandModel, shelf: Mapping[ProductId, float], terms: SupplyTerms) -> None:
        self._demand, self._shelf, self._terms = demand, shelf, terms

    def add_order(self, at: datetime, units: Mapping[ProductId, float], stock: Mapping[ProductId, float]) -> None:
        """Learn as the bars worker does."""
        learn_order(self._demand, at, units, [name for name, left in stock.items() if left <= 0])

    def fetch(self, at: datetime, stock: Mapping[ProductId, float]) -> Mapping[ProductId, float]:
        """Return the units of the restock advice, where a product is urgent."""
        items = {name: StockItem(left, shelf=self._shelf[name]) for name, left in stock.items()}
        advice = restock_advice(RestockOutlook(self._demand, at), items, at, self._terms)
        if not any(product.fetch and not product.along for product in advice.values()):
            return {}
        return {name: product.fetch for name, product in advice.items() if product.fetch}


def learn_order(
    demand: DemandModel, at: datetime, units: Mapping[ProductId, float], sold_out: Sequence[ProductId] = ()
) -> None:
    """Update the demand model with the units sold of one order."""
    demand.advance(at, None, sold_out)
    for name, sold in units.items():
        demand.add_sale(name, sold, at)


def orders_of(sales: Sequence[Sale], products: Sequence[ProductId]) -> list[CustomerOrder]:
    """Return the orders of these products in the order of their time."""
    orders = []
    for (time, _), lines in groupby(sales, key=lambda sale: (sale.time, sale.order)):
        units: dict[ProductId, float] = defaultdict(float)
        for line in lines:
            if line.product in products and line.quantity > 0:
                units[line.product] += line.quantity
        if units:
            orders.append(CustomerOrder(time, dict(units)))
    return orders


def overlay_weeks(orders: Sequence[CustomerOrder], weeks: int) -> list[CustomerOrder]:
    """Merge the same evenings of consecutive weeks into one, since a takeaway is far quieter than a bar.

    Times of day and weekdays stay; the weeks are numbered anew from the first one.
    """
    first = orders[0].day - timedelta(days=orders[0].day.weekday())
    moved = []
    for order in orders:
        week = (order.day - first).days // 7
        moved.append(CustomerOrder(order.time - timedelta(weeks=week - week // weeks), order.units))
    return sorted(moved, key=lambda order: order.time)


def simulate(
    orders: Sequence[CustomerOrder],
    policy: RestockPolicy,
    shelf: Mapping[ProductId, float],
    lead: timedelta,
    zone: tzinfo,
) -> SimulationResult:
    """Let a policy restock through all evenings; each opens with full shelves, and there is one runner.

    Args:
        orders: in the order of their time.
        policy: decides on the trips.
        shelf: room for each product in units.
        lead: lead time of a trip.
        zone: time zone in which the policy sees the times.
    """
    result = SimulationResult()
    for _, evening in groupby(orders, key=lambda order: order.day):
        _simulate_evening(list(evening), policy, shelf, lead, zone, result)
    return result


def _simulate_evening(
    orders: Sequence[CustomerOrder],
    policy: RestockPolicy,
    shelf: Mapping[ProductId, float],
    lead: timedelta,
    zone: tzinfo,
    result: SimulationResult,
) -> None:
    stock, fetched = dict(shelf), Counter[ProductId]()
    empty: set[ProductId] = set()
    in_transit: tuple[datetime, Mapping[ProductId, float]] | None = None
    for order in orders:
        at = order.time.replace(tzinfo=zone)
        if in_transit is not None and in_transit[0] <= at:
            for name, units in in_transit[1].items():
                stock[name] += units
            in_transit = None
        sold = {name: min(units, stock[name]) for name, units in order.units.items()}
        for name, units in order.units.items():
            result.asked += units
            result.lost += units - sold[name]
            if units > sold[name]:
                empty.add(name)
            stock[name] -= sold[name]
        policy.add_order(at, {name: units for name, units in sold.items() if units}, stock)
        if in_transit is None and (wanted := policy.fetch(at, stock)):
            in_transit = at + lead, wanted
            result.trips += 1
            fetched.update(wanted)
    if in_transit is not None:
        for name, units in in_transit[1].items():
            stock[name] += units
    result.stock_outs += len(empty)
    result.fetched += sum(fetched.values())
    result.surplus += sum(min(stock[name], units) for name, units in fetched.items())
