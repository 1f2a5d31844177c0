"""Baselines of the demand model: naive and seasonal means online, and gradient boosting trained in one batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

LONG_WEEKS = (12, 26)
"""Weeks of the longer means and medians."""

EXPONENTIAL_RATES = (0.1, 0.2, 0.3)
"""Weights of the newest week in the exponential means."""

NAIVE_KINDS = (
    "last_slot", "yesterday", "last_week", "mean_of_last_four_weeks", "expanding_mean",
    *(f"{kind}_of_{weeks}_weeks" for weeks in LONG_WEEKS for kind in ("mean", "median")),
    *(f"exponential_mean_{rate:g}" for rate in EXPONENTIAL_RATES),
)  # fmt: skip
"""Names of the naive forecasts; all but the first two are by slot of the week."""

BOOSTING_KINDS = NAIVE_KINDS[:5]
"""Naive forecasts that the boosting sees."""

MAX_EXAMPLES = 200_000
"""Examples that the boosting is trained on at most, a random sample with a seed."""


class NaiveForecasts:
    """Naive forecasts of one series in slots of equal length.

    Args:
        slots_per_day: 24 for hours.

    >>> naive = NaiveForecasts(24)
    >>> for day in range(7):
    ...     naive.learn(datetime(2026, 6, 1 + day, 12), 5.0 + day)
    >>> naive.forecast(datetime(2026, 6, 8, 12))["expanding_mean"]
    5.0
    """

    def __init__(self, slots_per_day: int) -> None:
        self._slots_per_day = slots_per_day
        self._values: dict[int, float] = {}
        self._sums: dict[int, tuple[float, int]] = {}
        self._exponential: dict[int, tuple[float, ...]] = {}
        self._total = (0.0, 0)

    def learn(self, start: datetime, value: float) -> None:
        """Add the units of the slot that began at `start`."""
        self._values[self._slot(start)] = value
        season = self._slot(start) % (7 * self._slots_per_day)
        total, count = self._sums.get(season, (0.0, 0))
        self._sums[season] = (total + value, count + 1)
        self._total = (self._total[0] + value, self._total[1] + 1)
        means = self._exponential.get(season, (value,) * len(EXPONENTIAL_RATES))
        self._exponential[season] = tuple(
            mean + rate * (value - mean) for mean, rate in zip(means, EXPONENTIAL_RATES, strict=True)
        )

    def forecast(self, start: datetime) -> dict[str, float]:
        """Return a forecast of each of `NAIVE_KINDS` for the slot at `start`; the overall mean without data."""
        slot, day = self._slot(start), self._slots_per_day
        mean = self._total[0] / max(1, self._total[1])
        weeks = self._weeks(slot, 4)
        total, count = self._sums.get(slot % (7 * day), (mean, 1))
        long = [(fmean(past), median(past)) for number in LONG_WEEKS if (past := self._weeks(slot, number) or [mean])]
        forecasts = (
            self._values.get(slot - 1, mean),
            self._values.get(slot - day, mean),
            self._values.get(slot - 7 * day, mean),
            sum(weeks) / len(weeks) if weeks else mean,
            total / count,
            *(units for pair in long for units in pair),
            *self._exponential.get(slot % (7 * day), (mean,) * len(EXPONENTIAL_RATES)),
        )
        return dict(zip(NAIVE_KINDS, forecasts, strict=True))

    def before_last(self, start: datetime) -> float:
        """Return the units of the slot before the last one."""
        return self._values.get(self._slot(start) - 2, 0.0)

    def _weeks(self, slot: int, number: int) -> list[float]:
        steps = (slot - 7 * self._slots_per_day * week for week in range(1, number + 1))
        return [self._values[step] for step in steps if step in self._values]

    def _slot(self, start: datetime) -> int:
        minutes = start.toordinal() * 24 * 60 + start.hour * 60 + start.minute
        return minutes * self._slots_per_day // (24 * 60)


class BatchBoosting:
    """Gradient boosting on lags and the calendar, one model for all series, one slot ahead.

    scikit-learn's `HistGradientBoostingRegressor` with Poisson loss, trained once on all examples before the first
    one that is scored, with the features of `boosting_features`.

    >>> boosting = BatchBoosting()
    >>> for hour in range(400):
    ...     boosting.add_example([float(hour % 24)], 10.0 * (hour % 24))
    >>> bool(abs(boosting.forecast([[12.0]])[0] - 120.0) < 5)
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._rows: list[list[float]] = []
        self._values: list[float] = []
        self._count = 0

    def add_example(self, row: list[float], value: float) -> None:
        """Add one example; above `MAX_EXAMPLES` a uniform sample is kept (Vitter's algorithm R, 1985)."""
        self._count += 1
        if len(self._rows) < MAX_EXAMPLES:
            self._rows.append(row)
            self._values.append(value)
        elif (place := int(self._random.integers(self._count))) < MAX_EXAMPLES:
            self._rows[place], self._values[place] = row, value

    def forecast(self, rows: list[list[float]]) -> NDArray[np.float64]:
        """Train and return the forecasts of these rows, (n,) units; zeros without any sale to train on."""
        if not self._rows:
            return np.zeros(len(rows))
        model = HistGradientBoostingRegressor(loss="poisson", random_state=0)
        values = np.maximum(np.asarray(self._values), 0.0)
        if not values.any():
            return np.zeros(len(rows))  # Poisson loss needs one sale
        model.fit(np.asarray(self._rows), values)
        return np.asarray(np.maximum(model.predict(np.asarray(rows)), 0.0), np.float64)


def boosting_features(
    start: datetime, naive: Mapping[str, float], before_last: float, context: Mapping[str, float]
) -> list[float]:
    """Return the features of a slot: calendar, naive forecasts, the slot before the last, and the file's context."""
    calendar = [float(start.hour), float(start.weekday())]  # the month would only encode last year's sales
    return [
        *calendar,
        *(naive[kind] for kind in BOOSTING_KINDS),
        before_last,
        *(context[name] for name in sorted(context)),
    ]
