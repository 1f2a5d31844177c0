"""Progressive validation of the demand model on a file of sales: each slot is predicted, then learnt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from msgspec import Struct, field

from processors.bars import accuracy
from processors.bars.baselines import NAMES, NaiveForecasts
from processors.bars.boosting import BatchBoosting, row
from processors.bars.demand import DemandModel
from processors.bars.demand_state import SlotForecast
from processors.bars.model_card import model_card
from processors.bars.sales_file import Sale, SalesFileError, read_sales

OPEN_SHARE = 0.05
"""An hour of the day without sales on more than 95 % of the days is closed, and not scored."""

Progress = Callable[[int, int], None]
Slots = dict[datetime, dict[str, list[float]]]
"""lines of each series in a slot, which a till sends one by one"""


class ScoredSlots(Struct):
    """Columns of what was forecast and what came; `rows` are for the batch model."""

    actual: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    quantiles: list[tuple[float, float, float]] = field(default_factory=list)
    naive: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rows: list[list[float]] = field(default_factory=list)

    def add(self, value: float, forecast: SlotForecast, guesses: Mapping[str, float], features: list[float]) -> None:
        """One slot of one series."""
        self.actual.append(value)
        self.mean.append(forecast.mean)
        self.quantiles.append((forecast.p05, forecast.p50, forecast.p95))
        for kind in NAMES:
            self.naive[kind].append(guesses[kind])
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
    """Predict each slot of `horizon_minutes` before it is learnt, and score from a day on.

    Args:
        score_from: first day that counts; the last quarter of the time in the file if left out.
        by: one series a bar or a product; one in all if left out.
        hours: first and last hour of the day that count; all hours in which the place is open if left out.

    Raises:
        SalesFileError: the file can't be used, or nothing of it is left to score.
    """
    if 24 * 60 % horizon_minutes:
        raise SalesFileError(f"a horizon of {horizon_minutes} minutes does not divide a day")
    sales = read_sales(path)
    if horizon_minutes < 60 and sales[0].product == "bicycle" and sales[0].context:
        raise SalesFileError(f"{path} is hourly: a horizon below 60 minutes can't be scored on it")
    slots, context, names = _slots(sales, by, horizon_minutes)
    begin, end = min(slots), max(slots)
    if score_from is None:
        score_from = (begin + (end - begin) * 0.75).date()
    counted = _open_hours(slots) if hours is None else set(range(hours[0], hours[1] + 1))

    step = timedelta(minutes=horizon_minutes)
    demand = DemandModel(slot=step, horizons=(1,))
    last_known: Mapping[str, float] = next(iter(context.values()), {})
    naive: dict[str, NaiveForecasts] = {}
    boosting = BatchBoosting()
    scored, scales = ScoredSlots(), []
    total = int((end - begin) / step) + 1
    for number in range(total):
        start = begin + number * step
        clock = start.replace(tzinfo=UTC)
        around = context.get(start)
        demand.advance(clock, around)
        lines = slots.get(start, {})
        scoring = start >= datetime.combine(score_from, time())
        for name in sorted({*naive, *lines}):
            value = sum(lines.get(name, ()))
            series = naive.setdefault(name, NaiveForecasts(24 * 60 // horizon_minutes))
            if start.hour in counted:
                guesses = series.forecast(start)
                features = row(start, guesses, series.before(start), around or last_known)
                if scoring:
                    scored.add(value, demand.forecast(name)[0], guesses, features)
                else:
                    scales.append(abs(value - guesses["last_week"]))
                    boosting.example(features, value)
            series.learn(start, value)
            for units in lines.get(name, ()):
                demand.sell(name, units, clock)
        last_known = around or last_known
        if number % 200 == 0:
            progress(number, total)
    if scored.rows:
        scored.naive["batch_boosting"] = list(boosting.forecast(scored.rows))
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
        "drifts": demand.state.drifts,
        "odd": demand.state.odd,
    }


def _report(scored: ScoredSlots, scale: float) -> dict[str, Any]:
    quantiles = np.asarray(scored.quantiles, np.float64)
    errors: Mapping[str, list[float]] = scored.naive
    return {
        "wape": accuracy.wape(scored.actual, scored.mean),
        "wape_of_median": accuracy.wape(scored.actual, quantiles[:, 1]),
        "mase": accuracy.mase(scored.actual, scored.mean, scale),
        "bias": accuracy.bias(scored.actual, scored.mean),
        "pinball": accuracy.pinball(scored.actual, quantiles),
        "coverage_90": accuracy.coverage(scored.actual, quantiles[:, 0], quantiles[:, 2]),
        "baselines": {
            kind: {
                "wape": accuracy.wape(scored.actual, guess),
                "mase": accuracy.mase(scored.actual, guess, scale),
                "bias": accuracy.bias(scored.actual, guess),
                # A point forecast is the same at every quantile.
                "pinball": accuracy.pinball(scored.actual, np.repeat(np.asarray(guess)[:, None], 3, axis=1)),
            }
            for kind, guess in errors.items()
        },
    }


def _slots(
    sales: list[Sale], by: Literal["bar", "product"] | None, minutes: int
) -> tuple[Slots, dict[datetime, dict[str, float]], set[str]]:
    """Units by slot and series, the context of each slot, and the names of the series."""
    slots: Slots = defaultdict(lambda: defaultdict(list))
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


def _open_hours(slots: Slots) -> set[int]:
    days: dict[int, set[date]] = defaultdict(set)
    for start, units in slots.items():
        if any(sum(lines) for lines in units.values()):
            days[start.hour].add(start.date())
    all_days = len({start.date() for start in slots})
    return {hour for hour, seen in days.items() if len(seen) > OPEN_SHARE * all_days}
