"""Progressive validation of the demand model on a file of sales: each slot is forecast, then learnt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from msgspec import Struct, field

from processors.bars import accuracy
from processors.bars.baselines import NAIVE_KINDS, BatchBoosting, NaiveForecasts, boosting_features
from processors.bars.demand import DemandModel
from processors.bars.demand_state import SlotForecast
from processors.bars.model_card import model_card
from processors.bars.sales_file import Sale, SalesFileError, read_sales

OPEN_SHARE = 0.05
"""Share of the days with a sale up to which an hour of the day counts as closed, and is not scored."""

SCORED_SHARE = 0.25
"""Last part of the file's time that is scored by default."""

Progress = Callable[[int, int], None]
"""Called with the number of steps done and their total."""

SalesBySlot = dict[datetime, dict[str, list[float]]]
"""Units of each sale by slot and series, since a till sends them one by one."""


class ScoredSlots(Struct):
    """Columns of forecasts and actual values, one entry a slot and series.

    Attributes:
        actual: units sold.
        mean: expected units.
        quantiles: 5 %, 50 % and 95 % quantiles in units.
        baselines: forecasts of each baseline.
        rows: features for the batch model.
    """

    actual: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    quantiles: list[tuple[float, float, float]] = field(default_factory=list)
    baselines: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rows: list[list[float]] = field(default_factory=list)

    def add(self, value: float, forecast: SlotForecast, naive: Mapping[str, float], features: list[float]) -> None:
        """Add one slot of one series."""
        self.actual.append(value)
        self.mean.append(forecast.mean)
        self.quantiles.append((forecast.p05, forecast.p50, forecast.p95))
        for kind in NAIVE_KINDS:
            self.baselines[kind].append(naive[kind])
        self.rows.append(features)


def evaluate(
    path: Path,
    *,
    score_from: date | None = None,
    by: Literal["bar", "product"] | None = None,
    horizon_minutes: int = 60,
    hours: tuple[int, int] | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Forecast each slot of `horizon_minutes` before it is learnt, and score from a day on.

    Args:
        path: CSV file in one of the layouts of `sales_file`.
        score_from: first day that is scored; the last quarter of the time in the file if left out.
        by: one series a bar or a product; one in all if left out.
        horizon_minutes: length of a slot; divides a day.
        hours: first and last hour of the day that are scored; all hours in which the place is open if left out.
        progress: called as slots are done.

    Raises:
        SalesFileError: the file can't be used, or nothing of it is left to score.
    """
    if 24 * 60 % horizon_minutes:
        raise SalesFileError(f"a horizon of {horizon_minutes} minutes does not divide a day")
    sales = read_sales(path)
    if horizon_minutes < 60 and sales[0].product == "bicycle" and sales[0].context:
        raise SalesFileError(f"{path} is hourly: a horizon below 60 minutes can't be scored on it")
    slots, context, names = _sales_by_slot(sales, by, horizon_minutes)
    begin, end = min(slots), max(slots)
    if score_from is None:
        score_from = (begin + (end - begin) * (1 - SCORED_SHARE)).date()
    scored_hours = _open_hours(slots) if hours is None else set(range(hours[0], hours[1] + 1))

    step = timedelta(minutes=horizon_minutes)
    demand = DemandModel(slot=step, horizons=(1,))
    last_context: Mapping[str, float] = next(iter(context.values()), {})
    series_naive: dict[str, NaiveForecasts] = {}
    boosting = BatchBoosting()
    scored, scales = ScoredSlots(), []
    total = int((end - begin) / step) + 1
    for number in range(total):
        start = begin + number * step
        clock = start.replace(tzinfo=UTC)
        slot_context = context.get(start)
        demand.advance(clock, slot_context)
        lines = slots.get(start, {})
        scoring = start >= datetime.combine(score_from, time())
        for name in sorted({*series_naive, *lines}):
            value = sum(lines.get(name, ()))
            series = series_naive.setdefault(name, NaiveForecasts(24 * 60 // horizon_minutes))
            if start.hour in scored_hours:
                naive = series.forecast(start)
                features = boosting_features(start, naive, series.before_last(start), slot_context or last_context)
                if scoring:
                    scored.add(value, demand.forecast(name)[0], naive, features)
                else:
                    scales.append(abs(value - naive["last_week"]))
                    boosting.add_example(features, value)
            series.learn(start, value)
            for units in lines.get(name, ()):
                demand.add_sale(name, units, clock)
        last_context = slot_context or last_context
        if number % 200 == 0:
            progress(number, total)
    if scored.rows:
        scored.baselines["batch_boosting"] = list(boosting.forecast(scored.rows))
    progress(total, total)
    if not scored.actual:
        raise SalesFileError(f"{path}: nothing to score from {score_from} on; the file ends on {end.date()}")
    return {
        **model_card(),
        "series": len(names),
        "slots": len(scored.actual),
        "score_from": score_from.isoformat(),
        "horizon_minutes": horizon_minutes,
        **_report(scored, float(np.mean(scales)) if scales else 0.0),
        "drifts": demand.state.drift_count,
        "odd": demand.state.outliers,
    }


def _report(scored: ScoredSlots, scale: float) -> dict[str, Any]:
    quantiles = np.asarray(scored.quantiles, np.float64)
    baselines: Mapping[str, list[float]] = scored.baselines
    return {
        "wape": accuracy.wape(scored.actual, scored.mean),
        "wape_of_median": accuracy.wape(scored.actual, quantiles[:, 1]),
        "mase": accuracy.mase(scored.actual, scored.mean, scale),
        "bias": accuracy.bias(scored.actual, scored.mean),
        "pinball": accuracy.pinball(scored.actual, quantiles),
        "coverage_90": accuracy.coverage(scored.actual, quantiles[:, 0], quantiles[:, 2]),
        "baselines": {
            kind: {
                "wape": accuracy.wape(scored.actual, forecast),
                "mase": accuracy.mase(scored.actual, forecast, scale),
                "bias": accuracy.bias(scored.actual, forecast),
                # A point forecast is the same at every quantile.
                "pinball": accuracy.pinball(scored.actual, np.repeat(np.asarray(forecast)[:, None], 3, axis=1)),
            }
            for kind, forecast in baselines.items()
        },
    }


def _sales_by_slot(
    sales: list[Sale], by: Literal["bar", "product"] | None, minutes: int
) -> tuple[SalesBySlot, dict[datetime, dict[str, float]], set[str]]:
    """Return the units by slot and series, the context of each slot, and the names of the series."""
    slots: SalesBySlot = defaultdict(lambda: defaultdict(list))
    context: dict[datetime, dict[str, float]] = {}
    names = set()
    for sale in sales:
        midnight = datetime.combine(sale.time.date(), time())
        since = (sale.time - midnight).seconds // 60
        start = midnight + timedelta(minutes=since - since % minutes)
        name = {"bar": sale.bar, "product": sale.product, None: "all"}[by]
        names.add(name)
        slots[start][name].append(sale.quantity)
        if sale.context:
            context[start] = sale.context
    return slots, context, names


def _open_hours(slots: SalesBySlot) -> set[int]:
    days: dict[int, set[date]] = defaultdict(set)
    for start, units in slots.items():
        if any(sum(lines) for lines in units.values()):
            days[start.hour].add(start.date())
    all_days = len({start.date() for start in slots})
    return {hour for hour, with_sales in days.items() if len(with_sales) > OPEN_SHARE * all_days}
