"""Current sales rates of the bars, from what they sold and never from what they expect.

Bars that open together and each expect what the others expect would confirm each other up to any number.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from schemas.bars import DemandForecast
from schemas.ids import BarId, ProductId

WINDOW = timedelta(hours=1)
"""Time over which a rate is measured."""

MIN_SPAN = timedelta(minutes=10)
"""Span of a bar's forecasts below which no rate is given."""

MAX_AGE = timedelta(minutes=30)
"""Distance in time beyond which the last forecast of a bar gives no rate."""


class SalesRates:
    """Sales rates of all bars, from the totals sold that their forecasts report."""

    def __init__(self) -> None:
        self._totals: dict[BarId, deque[tuple[datetime, dict[ProductId, float]]]] = {}

    def add_forecast(self, forecast: DemandForecast) -> None:
        """Add a bar's newest forecast."""
        totals = self._totals.setdefault(forecast.bar, deque())
        if totals and forecast.time < totals[-1][0]:
            totals.clear()  # another recording is replayed
        totals.append((forecast.time, {product.product: product.sold for product in forecast.products}))
        while forecast.time - totals[0][0] > WINDOW:
            totals.popleft()

    def rates_at(self, time: datetime) -> dict[str, dict[str, float]]:
        """Return units/hour by bar and product in the hour before about this time."""
        rates: dict[str, dict[str, float]] = {}
        for bar, totals in self._totals.items():
            (begin, before), (end, now) = totals[0], totals[-1]
            if abs(time - end) > MAX_AGE or end - begin < MIN_SPAN:
                continue
            hours = (end - begin).total_seconds() / 3600
            of_bar = {product: (sold - before.get(product, 0.0)) / hours for product, sold in now.items()}
            rates[bar] = {product: rate for product, rate in of_bar.items() if rate > 0}
        return rates
