"""What kin are worth: products and bars whose past is withheld, forecast in their first hours with and without kin.

Festivals have no history, so of the past only a few days are learnt. The newcomer's forecasts are compared with
those of the same model that knows the newcomer alone.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.bars import accuracy
from processors.bars.demand import DemandModel
from processors.bars.demand_state import SlotForecast
from processors.bars.model_card import model_card
from processors.bars.product_similarity import ProductTraits
from processors.bars.sales_file import Sale, SalesFileError, read_sales

HOUR = timedelta(hours=1)

LAUNCHES = (0.3, 0.5, 0.7, 0.9)
"""places in the file's time at which newcomers begin"""

PAST = timedelta(days=14)
"""which the others have learnt by then"""

FIRST = (3, 12)
"""open hours of a newcomer that are scored"""

FOLDS = 4
"""a product in so many is withheld at a time"""

PRODUCTS = 40

BARS = (0.5, 0.3, 0.2)
"""Shares of the orders that make the bars of a file that has only one."""

Progress = Callable[[int, int], None]
Hours = dict[datetime, dict[str, dict[str, list[float]]]]
"""lines by hour, bar and product"""


class ColdStartTally(Struct):
    """Forecasts of newcomers, by their open hour."""

    hour: list[int] = field(default_factory=list)
    actual: list[float] = field(default_factory=list)
    kin: list[SlotForecast] = field(default_factory=list)
    alone: list[SlotForecast] = field(default_factory=list)

    def add(self, hour: int, value: float, kin: SlotForecast, alone: SlotForecast) -> None:
        """One hour of one newcomer."""
        self.hour.append(hour)
        self.actual.append(value)
        self.kin.append(kin)
        self.alone.append(alone)

    def report(self) -> dict[str, Any]:
        """Errors of the first hours, with kin and alone."""
        found: dict[str, Any] = {}
        for first in FIRST:
            chosen = np.asarray(self.hour) < first
            found[f"first_{first}_hours"] = {
                "scored": int(chosen.sum()),
                "kin": self._errors(self.kin, chosen),
                "alone": self._errors(self.alone, chosen),
            }
        return found

    def _errors(self, forecasts: Sequence[SlotForecast], chosen: NDArray[np.bool_]) -> dict[str, float]:
        y = np.asarray(self.actual)[chosen]
        means = np.asarray([one.mean for one in forecasts])[chosen]
        quantiles = np.asarray([(one.p05, one.p50, one.p95) for one in forecasts])[chosen]
        return {
            "rmse": float(np.sqrt(np.mean((means - y) ** 2))),
            "wape": accuracy.wape(y, means),
            "pinball": accuracy.pinball(y, quantiles),
            "coverage_90": accuracy.coverage(y, quantiles[:, 0], quantiles[:, 2]),
            "bias": accuracy.bias(y, means),
        }


def evaluate(path: Path, *, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Withhold products, then bars, until they begin.

    Raises:
        SalesFileError: the file can't be used.
    """
    sales = read_sales(path)
    begin, end = sales[0].time, sales[-1].time
    launches = [_midnight(begin + (end - begin) * place) for place in LAUNCHES]
    hours, traits = _hours(sales)
    products, bars = ColdStartTally(), ColdStartTally()
    done, total = 0, len(launches) * (FOLDS + len(BARS))
    for launch in launches:
        before = {start: hours[start] for start in hours if launch - PAST <= start < launch + PAST}
        if not any(start < launch for start in before) or not any(start >= launch for start in before):
            continue
        common = _most_sold(before)
        for fold in range(FOLDS):
            held = {name for name in common if zlib.crc32(name.encode()) % FOLDS == fold}
            if held and len(held) < len(common):
                _new_products(before, launch, common, held, traits, products)
            progress(done := done + 1, total)
        for bar in sorted({name for lines in before.values() for name in lines}):
            _new_bar(before, launch, common, bar, traits, bars)
            progress(min(done := done + 1, total), total)
    progress(total, total)
    if not bars.actual:
        raise SalesFileError(f"{path}: too short for {PAST.days} days before a newcomer's first")
    return {
        **model_card(),
        "days_before": PAST.days,
        "launches": len(launches),
        "new_products": products.report() if products.actual else None,
        "new_bars": bars.report(),
    }


def _new_products(
    hours: Hours,
    launch: datetime,
    common: Sequence[str],
    held: set[str],
    traits: Mapping[str, ProductTraits],
    tally: ColdStartTally,
) -> None:
    demand = DemandModel(slot=HOUR, horizons=(1,), traits=traits)
    alone = {name: DemandModel(slot=HOUR, horizons=(1,)) for name in sorted(held)}
    seen = 0
    for start, lines in _open(hours):
        units = _together(lines, common)
        clock = start.replace(tzinfo=UTC)
        demand.advance(clock)
        if start >= launch:
            if seen >= max(FIRST):
                return
            for name, one in alone.items():
                demand.welcome(name)
                one.advance(clock)
                tally.add(seen, sum(units.get(name, ())), demand.forecast(name)[0], one.forecast(name)[0])
                _sell(one, {name: units.get(name, [])}, clock)
            seen += 1
        else:
            units = {name: sold for name, sold in units.items() if name not in held}
        _sell(demand, units, clock)


def _new_bar(
    hours: Hours,
    launch: datetime,
    common: Sequence[str],
    bar: str,
    traits: Mapping[str, ProductTraits],
    tally: ColdStartTally,
) -> None:
    names = sorted({name for lines in hours.values() for name in lines})
    around = {name: DemandModel(slot=HOUR, horizons=(1,), traits=traits) for name in names if name != bar}
    kin, alone = (DemandModel(slot=HOUR, horizons=(1,), traits=traits) for _ in range(2))
    seen = 0
    for start, lines in _open(hours):
        clock = start.replace(tzinfo=UTC)
        for demand in around.values():
            demand.advance(clock)
        if start >= launch:
            if seen >= max(FIRST):
                return
            elsewhere: Counter[str] = Counter()
            for demand in around.values():
                elsewhere.update({name: demand.forecast(name)[0].mean / len(around) for name in demand.products})
            kin.hear(elsewhere)
            units = _together({bar: lines.get(bar, {})}, common)
            for demand in (kin, alone):
                demand.advance(clock)
            for name in common:
                kin.welcome(name)
                value = sum(units.get(name, ()))
                tally.add(seen, value, kin.forecast(name)[0], alone.forecast(name)[0])
            for demand in (kin, alone):
                _sell(demand, units, clock)
            seen += 1
        for name, demand in around.items():
            _sell(demand, _together({name: lines.get(name, {})}, common), clock)


def _sell(demand: DemandModel, units: Mapping[str, Sequence[float]], clock: datetime) -> None:
    for name, lines in units.items():
        for line in lines:
            demand.sell(name, line, clock)


def _open(hours: Hours) -> Iterator[tuple[datetime, dict[str, dict[str, list[float]]]]]:
    """Hours between a day's first and last sale."""
    of_day: dict[Any, list[datetime]] = defaultdict(list)
    for start in sorted(hours):
        of_day[start.date()].append(start)
    for starts in of_day.values():
        for number in range(int((starts[-1] - starts[0]) / HOUR) + 1):
            start = starts[0] + number * HOUR
            yield start, hours.get(start, {})


def _together(lines: Mapping[str, Mapping[str, list[float]]], common: Sequence[str]) -> dict[str, list[float]]:
    units: dict[str, list[float]] = defaultdict(list)
    for products in lines.values():
        for name, sold in products.items():
            if name in common:
                units[name] += sold
    return units


def _most_sold(hours: Hours) -> list[str]:
    units: Counter[str] = Counter()
    for lines in hours.values():
        for products in lines.values():
            units.update({name: sum(sold) for name, sold in products.items()})
    return [name for name, _ in units.most_common(PRODUCTS)]


def _hours(sales: Sequence[Sale]) -> tuple[Hours, dict[str, ProductTraits]]:
    """Lines by hour, bar and product; the one bar of a file is divided, an order going to one bar as a whole."""
    hours: Hours = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    divided = len({sale.bar for sale in sales}) == 1
    random = np.random.default_rng(0)
    prices: dict[str, float] = {}
    for sale in sales:
        start = sale.time.replace(minute=0, second=0, microsecond=0)
        if sale.unit_price > 0:
            prices[sale.product] = sale.unit_price
        if not divided:
            hours[start][sale.bar][sale.product].append(sale.quantity)
        elif sale.order:
            place = zlib.crc32(sale.order.encode()) / 2**32
            bar = next(n for n in range(len(BARS)) if place < sum(BARS[: n + 1]) or n == len(BARS) - 1)
            hours[start][f"bar-{bar}"][sale.product].append(sale.quantity)
        else:
            parts = random.multinomial(max(0, round(sale.quantity)), BARS)
            for bar, units in enumerate(parts):
                if units:
                    hours[start][f"bar-{bar}"][sale.product].append(float(units))
    return hours, {name: ProductTraits(price=price) for name, price in prices.items()}


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)
