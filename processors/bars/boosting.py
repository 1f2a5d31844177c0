"""Batch gradient boosting on lags and the calendar: the baseline that has seen the whole past at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

MOST_ROWS = 200_000
"""examples that are kept to learn from, drawn with a seed"""


class BatchBoosting:
    """scikit-learn's HistGradientBoostingRegressor, one model for all series, one slot ahead.

    It learns once, from all examples before the first one that is scored, with the features of `row`.

    >>> boosting = BatchBoosting()
    >>> for hour in range(400):
    ...     boosting.example([float(hour % 24)], 10.0 * (hour % 24))
    >>> bool(abs(boosting.forecast([[12.0]])[0] - 120.0) < 5)
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._rows: list[list[float]] = []
        self._values: list[float] = []
        self._seen = 0

    def example(self, row: list[float], value: float) -> None:
        """Keep one; of too many, each with the same chance (Vitter's algorithm R)."""
        self._seen += 1
        if len(self._rows) < MOST_ROWS:
            self._rows.append(row)
            self._values.append(value)
        elif (place := int(self._random.integers(self._seen))) < MOST_ROWS:
            self._rows[place], self._values[place] = row, value

    def forecast(self, rows: list[list[float]]) -> NDArray[np.float64]:
        """Learn, and predict these; the mean of nothing is nothing."""
        if not self._rows:
            return np.zeros(len(rows))
        model = HistGradientBoostingRegressor(loss="poisson", random_state=0)
        values = np.maximum(np.asarray(self._values), 0.0)
        if not values.any():
            return np.zeros(len(rows))  # a Poisson model needs one sale
        model.fit(np.asarray(self._rows), values)
        return np.asarray(np.maximum(model.predict(np.asarray(rows)), 0.0), np.float64)


def row(start: datetime, guesses: Mapping[str, float], before: float, context: Mapping[str, float]) -> list[float]:
    """Features: the calendar, the naive forecasts, the slot before the last, and what the file knows besides."""
    calendar = [float(start.hour), float(start.weekday())]  # the month would only teach it last year
    return [*calendar, *guesses.values(), before, *(context[name] for name in sorted(context))]
