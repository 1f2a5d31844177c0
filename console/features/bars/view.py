"""Demand of each bar: its last forecast, and sales of the last hours."""

from __future__ import annotations

import sys
from collections import deque
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

import msgspec
from msgspec import Struct

from processors.sources.silent_sources import SilentSources
from schemas.bars import BarSettings, DemandForecast, ProductDemand
from schemas.ids import BarId, ProductId
from schemas.sources import SourceState
from schemas.venue import Venue

FAMILY = "bar"
"""Family of live channels, one for each bar: `bar:NAME`."""

SHOWN_PAST = timedelta(hours=2)
"""Time for which past sales are shown."""

MAX_FORECASTS = 1_000


class BarPageState(TypedDict):
    """State of the channel of a bar.

    Attributes:
        at: Kafka's time of the forecast (Unix milliseconds); None before there is one.
        time: the tills' time of the forecast.
        silent: whether its tills are silent, so that what it sold since is not counted.
        products: fields of `ProductDemand`, with title, package and past sales, as `[minutes before the forecast, units
            sold relative to the forecast]`.
    """

    bar: BarId
    at: int | None
    silent: bool
    products: list[dict[str, object]]
    time: NotRequired[str]
    lead_minutes: NotRequired[float]


def channel_of(bar: BarId) -> str:
    """Return the live channel of a bar."""
    return f"{FAMILY}:{bar}"


class BarsView:
    """The forecasts of every bar of the venue file."""

    def __init__(self, venue: Venue) -> None:
        self._bars = {bar.id: bar for bar in venue.bars}
        self._last: dict[BarId, tuple[DemandForecast, int]] = {}
        self._sold: dict[BarId, deque[tuple[datetime, dict[str, float]]]] = {}
        self._silent = SilentSources()

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a forecast, or the state of a source."""
        if isinstance(record, SourceState):
            return self._apply_source(record)
        if not isinstance(record, DemandForecast) or record.bar not in self._bars:
            return set()
        past = self._sold.setdefault(record.bar, deque(maxlen=MAX_FORECASTS))
        if past and record.time < past[-1][0]:
            past.clear()  # the evening began anew
        past.append((record.time, {sys.intern(product.product): product.sold for product in record.products}))
        while past[0][0] < record.time - SHOWN_PAST:
            past.popleft()
        self._last[record.bar] = (record, received_at)
        return {channel_of(record.bar)}

    def _apply_source(self, state: SourceState) -> set[str]:
        """Apply the state of a source; return the channels of the bars whose tills fell silent, or are heard again."""
        before = {bar for bar in self._bars if self._silent.tills(bar)}
        self._silent.add(state)
        after = {bar for bar in self._bars if self._silent.tills(bar)}
        return {channel_of(bar) for bar in before ^ after}

    def state(self, channel: str) -> BarPageState:
        """Return the products of one bar in the order of the venue file."""
        bar = self._bars[BarId(channel.removeprefix(f"{FAMILY}:"))]
        forecast, at = self._last.get(bar.id, (None, None))
        silent = bool(self._silent.tills(bar.id))
        if forecast is None:
            return {"bar": bar.id, "at": None, "silent": silent, "products": []}
        products = {product.product: product for product in forecast.products}
        return {
            "bar": bar.id,
            "at": at,
            "silent": silent,
            "time": forecast.time.isoformat(),
            "lead_minutes": bar.lead_time_minutes,
            "products": [self._product(bar, products[name]) for name in _order(bar, products)],
        }

    def _product(self, bar: BarSettings, demand: ProductDemand) -> dict[str, object]:
        settings = next((one for one in bar.products if one.id == demand.product), None)
        latest = self._last[bar.id][0].time
        past = [
            [round((time - latest).total_seconds() / 60, 1), sold[demand.product] - demand.sold]
            for time, sold in self._sold[bar.id]
            if demand.product in sold
        ]
        fields: dict[str, object] = msgspec.to_builtins(demand)
        return fields | {
            "title": (settings and settings.title) or demand.product,
            "package": settings.package if settings else None,
            "mixed": bool(settings and settings.recipe),
            "others": [
                other.id
                for other in self._bars.values()
                if other.id != bar.id and keeps_stock_of(other, demand.product)
            ],
            "past": past,
        }


def keeps_stock_of(bar: BarSettings, product: ProductId) -> bool:
    """Return true if a bar has a stock of its own of a product, so that it can be given some."""
    return any(one.id == product and not one.recipe for one in bar.products)


def _order(bar: BarSettings, products: dict[ProductId, ProductDemand]) -> list[ProductId]:
    listed = [product.id for product in bar.products if product.id in products]
    return [*listed, *sorted(set(products) - set(listed))]
