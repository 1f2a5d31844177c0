"""What each bar will need: its last forecast, and what it sold in the last hours."""

from __future__ import annotations

import sys
from collections import deque
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from schemas.bars import BarSettings, DemandForecast, ProductDemand
from schemas.venue import Venue

PAST = timedelta(hours=2)
"""of what was sold, as shown"""


def channel_of(bar: str) -> str:
    """Where news of a bar are told."""
    return f"bar:{bar}"


class Bars:
    """The forecasts of every bar of the venue file."""

    def __init__(self, venue: Venue) -> None:
        self._bars = {bar.id: bar for bar in venue.bars}
        self._last: dict[str, tuple[DemandForecast, int]] = {}
        self._sold: dict[str, deque[tuple[datetime, dict[str, float]]]] = {}

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply a forecast."""
        if not isinstance(record, DemandForecast) or record.bar not in self._bars:
            return set()
        past = self._sold.setdefault(record.bar, deque(maxlen=1_000))
        if past and record.time < past[-1][0]:
            past.clear()  # an evening began anew
        past.append((record.time, {sys.intern(product.product): product.sold for product in record.products}))
        while past[0][0] < record.time - PAST:
            past.popleft()
        self._last[record.bar] = (record, at)
        return {channel_of(record.bar)}

    def state(self, channel: str) -> dict[str, Any]:
        """One bar; products in the order of the venue file, those to fetch first."""
        bar = self._bars[channel.removeprefix("bar:")]
        forecast, at = self._last.get(bar.id, (None, None))
        if forecast is None:
            return {"bar": bar.id, "at": None, "products": []}
        products = {product.product: product for product in forecast.products}
        return {
            "bar": bar.id,
            "at": at,
            "time": forecast.time.isoformat(),
            "lead_minutes": bar.lead_time_minutes,
            "products": [self._product(bar, products[name]) for name in _order(bar, products)],
        }

    def _product(self, bar: BarSettings, demand: ProductDemand) -> dict[str, Any]:
        plan = next((product for product in bar.products if product.id == demand.product), None)
        latest = self._last[bar.id][0].time
        past = [
            [round((time - latest).total_seconds() / 60, 1), sold[demand.product] - demand.sold]
            for time, sold in self._sold[bar.id]
            if demand.product in sold
        ]
        told: dict[str, Any] = msgspec.to_builtins(demand)
        return told | {
            "title": (plan and plan.title) or demand.product,
            "package": plan.package if plan else None,
            "mixed": bool(plan and plan.recipe),
            "others": [
                other.id for other in self._bars.values() if other.id != bar.id and holds(other, demand.product)
            ],
            "past": past,
        }


def holds(bar: BarSettings, product: str) -> bool:
    """Whether a bar has a stock of its own of a product, so that it can be given some."""
    return any(plan.id == product and not plan.recipe for plan in bar.products)


def _order(bar: BarSettings, products: dict[str, ProductDemand]) -> list[str]:
    listed = [product.id for product in bar.products if product.id in products]
    return [*listed, *sorted(set(products) - set(listed))]
