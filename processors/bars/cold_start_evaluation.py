"""Cold-start evaluation: new products and bars, forecast in their first hours with and without priors.

A product or bar is new where its past is withheld. Festivals have no history, so only a few days before are learnt.
Forecasts with priors from similar products and neighbouring bars are compared with those of the same model on the new
series' own sales alone.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
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
from schemas.ids import BarId, ProductId

HOUR = timedelta(hours=1)
"""Length of a slot."""

LAUNCHES = (0.3, 0.5, 0.7, 0.9)
"""Places in the file's time, as shares, at which new products and bars begin."""

PAST = timedelta(days=14)
"""Time before a launch that the other series have learnt."""

SCORED_HOURS = (3, 12)
"""Numbers of first open hours that are scored."""

FOLDS = 4
"""Number of groups of products; one group at a time is withheld."""

MAX_PRODUCTS = 40
"""Number of products, the most sold ones."""

BAR_SHARES = (0.5, 0.3, 0.2)
"""Shares of the orders of the bars that a file with only one bar is divided into."""

Progress = Callable[[int, int], None]
"""Called with the number of steps done and their total."""

SalesByHour = dict[datetime, dict[BarId, dict[ProductId, list[float]]]]
"""Units of each sale by hour, bar and product."""


class ColdStartTally(Struct):
    """Forecasts of new series by their open hour.

    Attributes:
        hour: number of the open hour since the launch.
        actual: units sold.
        with_priors: forecasts of the model with priors.
        alone: forecasts of the model without.
    """

    hour: list[int] = field(default_factory=list)
    actual: list[float] = field(default_factory=list)
    with_priors: list[SlotForecast] = field(default_factory=list)
    alone: list[SlotForecast] = field(default_factory=list)

    def add(self, hour: int, value: float, with_priors: SlotForecast, alone: SlotForecast) -> None:
        """Add one hour of one new series."""
        self.hour.append(hour)
        self.actual.append(value)
        self.with_priors.append(with_priors)
        self.alone.append(alone)

    def report(self) -> dict[str, Any]:
        """Return the errors of the first hours, with priors (`kin`) and without (`alone`)."""
        report: dict[str, Any] = {}
        for hours in SCORED_HOURS:
            chosen = np.asarray(self.hour) < hours
            report[f"first_{hours}_hours"] = {
                "scored": int(chosen.sum()),
                "kin": self._errors(self.with_priors, chosen),
                "alone": self._errors(self.alone, chosen),
            }
        return report

    def _errors(self, forecasts: Sequence[SlotForecast], chosen: NDArray[np.bool_]) -> dict[str, float]:
        y = np.asarray(self.actual)[chosen]
        means = np.asarray([forecast.mean for forecast in forecasts])[chosen]
        quantiles = np.asarray([(forecast.p05, forecast.p50, forecast.p95) for forecast in forecasts])[chosen]
        return {
            "rmse": float(np.sqrt(np.mean((means - y) ** 2))),
            "wape": accuracy.wape(y, means),
            "pinball": accuracy.pinball(y, quantiles),
            "coverage_90": accuracy.coverage(y, quantiles[:, 0], quantiles[:, 2]),
            "bias": accuracy.bias(y, means),
        }


def evaluate(path: Path, *, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Withhold products, then bars, until they are launched, and score their first hours.

    Raises:
        SalesFileError: the file can't be used.
    """
    sales = read_sales(path)
    begin, end = sales[0].time, sales[-1].time
    launches = [_midnight(begin + (end - begin) * place) for place in LAUNCHES]
    hours, traits = _sales_by_hour(sales)
    products, bars = ColdStartTally(), ColdStartTally()
    done, total = 0, len(launches) * (FOLDS + len(BAR_SHARES))
    for launch in launches:
        near = {start: hours[start] for start in hours if launch - PAST <= start < launch + PAST}
        if not any(start < launch for start in near) or not any(start >= launch for start in near):
            continue
        common = _most_sold(near)
        for fold in range(FOLDS):
            held = {name for name in common if zlib.crc32(name.encode()) % FOLDS == fold}
            if held and len(held) < len(common):
                _score_new_products(near, launch, common, held, traits, products)
            progress(done := done + 1, total)
        for bar in sorted({name for lines in near.values() for name in lines}):
            _score_new_bar(near, launch, common, bar, traits, bars)
            progress(min(done := done + 1, total), total)
    progress(total, total)
    if not bars.actual:
        raise SalesFileError(f"{path}: too short for {PAST.days} days before a launch")
    return {
        **model_card(),
        "days_before": PAST.days,
        "launches": len(launches),
        "new_products": products.report() if products.actual else None,
        "new_bars": bars.report(),
    }


def _score_new_products(
    hours: SalesByHour,
    launch: datetime,
    common: Sequence[ProductId],
    held: set[ProductId],
    traits: Mapping[str, ProductTraits],
    tally: ColdStartTally,
) -> None:
    demand = DemandModel(slot=HOUR, horizons=(1,), traits=traits)
    alone = {name: DemandModel(slot=HOUR, horizons=(1,)) for name in sorted(held)}
    open_hours = 0
    for start, lines in _open_hours(hours):
        units = _units_by_product(lines, common)
        clock = start.replace(tzinfo=UTC)
        demand.advance(clock)
        if start >= launch:
            if open_hours >= max(SCORED_HOURS):
                return
            for name, model in alone.items():
                demand.add_series(name)
                model.advance(clock)
                value = sum(units.get(name, ()))
                tally.add(open_hours, value, demand.forecast(name)[0], model.forecast(name)[0])
                _add_sales(model, {name: units.get(name, [])}, clock)
            open_hours += 1
        else:
            units = {name: sold for name, sold in units.items() if name not in held}
        _add_sales(demand, units, clock)


def _score_new_bar(
    hours: SalesByHour,
    launch: datetime,
    common: Sequence[ProductId],
    bar: BarId,
    traits: Mapping[str, ProductTraits],
    tally: ColdStartTally,
) -> None:
    names = sorted({name for lines in hours.values() for name in lines})
    neighbours = {name: DemandModel(slot=HOUR, horizons=(1,), traits=traits) for name in names if name != bar}
    with_priors, alone = (DemandModel(slot=HOUR, horizons=(1,), traits=traits) for _ in range(2))
    open_hours = 0
    for start, lines in _open_hours(hours):
        clock = start.replace(tzinfo=UTC)
        for demand in neighbours.values():
            demand.advance(clock)
        if start >= launch:
            if open_hours >= max(SCORED_HOURS):
                return
            rates: Counter[str] = Counter()
            for demand in neighbours.values():
                rates.update({name: demand.forecast(name)[0].mean / len(neighbours) for name in demand.products})
            with_priors.set_neighbour_rates(rates)
            units = _units_by_product({bar: lines.get(bar, {})}, common)
            for demand in (with_priors, alone):
                demand.advance(clock)
            for name in common:
                with_priors.add_series(name)
                value = sum(units.get(name, ()))
                tally.add(open_hours, value, with_priors.forecast(name)[0], alone.forecast(name)[0])
            for demand in (with_priors, alone):
                _add_sales(demand, units, clock)
            open_hours += 1
        for other, demand in neighbours.items():
            _add_sales(demand, _units_by_product({other: lines.get(other, {})}, common), clock)


def _add_sales(demand: DemandModel, units: Mapping[ProductId, Sequence[float]], clock: datetime) -> None:
    for name, lines in units.items():
        for line in lines:
            demand.add_sale(name, line, clock)


def _open_hours(hours: SalesByHour) -> Iterator[tuple[datetime, dict[BarId, dict[ProductId, list[float]]]]]:
    """Yield the hours between the first and last sale of each day."""
    of_day: dict[date, list[datetime]] = defaultdict(list)
    for start in sorted(hours):
        of_day[start.date()].append(start)
    for starts in of_day.values():
        for number in range(int((starts[-1] - starts[0]) / HOUR) + 1):
            start = starts[0] + number * HOUR
            yield start, hours.get(start, {})


def _units_by_product(
    lines: Mapping[BarId, Mapping[ProductId, list[float]]], common: Sequence[ProductId]
) -> dict[ProductId, list[float]]:
    units: dict[ProductId, list[float]] = defaultdict(list)
    for products in lines.values():
        for name, sold in products.items():
            if name in common:
                units[name] += sold
    return units


def _most_sold(hours: SalesByHour) -> list[ProductId]:
    units: Counter[ProductId] = Counter()
    for lines in hours.values():
        for products in lines.values():
            units.update({name: sum(sold) for name, sold in products.items()})
    return [name for name, _ in units.most_common(MAX_PRODUCTS)]


def _sales_by_hour(sales: Sequence[Sale]) -> tuple[SalesByHour, dict[str, ProductTraits]]:
    """Return the sales and the products' prices; the one bar of a file is divided, each order going to one bar."""
    hours: SalesByHour = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    divided = len({sale.bar for sale in sales}) == 1
    random = np.random.default_rng(0)
    prices: dict[ProductId, float] = {}
    for sale in sales:
        start = sale.time.replace(minute=0, second=0, microsecond=0)
        if sale.unit_price > 0:
            prices[sale.product] = sale.unit_price
        if not divided:
            hours[start][sale.bar][sale.product].append(sale.quantity)
        elif sale.order:
            place = zlib.crc32(sale.order.encode()) / 2**32
            bars = range(len(BAR_SHARES))
            bar = next(n for n in bars if place < sum(BAR_SHARES[: n + 1]) or n == len(BAR_SHARES) - 1)
            hours[start][BarId(f"bar-{bar}")][sale.product].append(sale.quantity)
        else:
            parts = random.multinomial(max(0, round(sale.quantity)), BAR_SHARES)
            for bar, units in enumerate(parts):
                if units:
                    hours[start][BarId(f"bar-{bar}")][sale.product].append(float(units))
    return hours, {name: ProductTraits(price=price) for name, price in prices.items()}


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)
