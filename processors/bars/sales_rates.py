"""How fast the bars around sell, from what they sold: never from what they expect.

Bars that begin together, each with what the others expect, would believe each other up to any number.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from schemas.bars import DemandForecast

WINDOW = timedelta(hours=1)
"""over which a pace is taken"""

LEAST = timedelta(minutes=10)
"""of a bar's sales below which its pace is not told"""

SAME_TIME = timedelta(minutes=30)
"""Bars whose last word lies further off in time tell nothing."""


class SalesRates:
    """Of all bars, by what their forecasts say was sold so far."""

    def __init__(self) -> None:
        self._sold: dict[str, deque[tuple[datetime, dict[str, float]]]] = {}

    def take(self, forecast: DemandForecast) -> None:
        """Hear one bar's newest word."""
        said = self._sold.setdefault(forecast.bar, deque())
        if said and forecast.time < said[-1][0]:
            said.clear()  # another evening is played
        said.append((forecast.time, {one.product: one.sold for one in forecast.products}))
        while forecast.time - said[0][0] > WINDOW:
            said.popleft()

    def at(self, time: datetime) -> dict[str, dict[str, float]]:
        """Units an hour by bar and product, in the hour before about this time."""
        found = {}
        for bar, said in self._sold.items():
            (begin, before), (end, now) = said[0], said[-1]
            if abs(time - end) > SAME_TIME or end - begin < LEAST:
                continue
            hours = (end - begin).total_seconds() / 3600
            paces = {product: (sold - before.get(product, 0.0)) / hours for product, sold in now.items()}
            found[bar] = {product: pace for product, pace in paces.items() if pace > 0}
        return found
