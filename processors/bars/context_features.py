"""Context of a bar: features of the venue's calendar, and the effect of each feature on the demand for a product.

The forecast itself can't answer a what-if: it sees the sales of the last slots, which reflect today's weather already.
So for what-ifs one Bayesian linear regression a product sets the context alone against the season.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from processors.bars.bayesian_regression import BayesianLinearRegression, RegressionState
from schemas.calendar import Calendar

MEAN_MEMORY = 2000.0
"""Number of slots over which the mean of a feature is averaged: three weeks of quarters of an hour."""

MAX_LOG_EFFECT = 1.5
"""Bound of the logarithm of an effect: no context is taken to change demand by more than a factor e^1.5 = 4.5."""

MIN_CHANGE = 1e-9
"""Difference below which two values of a feature are the same."""


class ContextEffectsState(Struct):
    """Part of the bar's row.

    Attributes:
        regressions: by product.
        means: running mean of each feature.
        counts: number of slots in which each feature was observed.
        varied: features that have taken more than one value.
    """

    regressions: dict[str, RegressionState] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict, name="usual")
    counts: dict[str, int] = field(default_factory=dict, name="seen")
    varied: list[str] = field(default_factory=list)


class ContextEffects:
    """Regression of log(sold ÷ season) on the context features, one a product.

    >>> effects = ContextEffects()
    >>> for slot in range(200):
    ...     effects.observe({"temperature": slot % 2})
    ...     effects.learn("water", {"temperature": slot % 2}, 0.7 * (slot % 2))
    >>> 1.9 < effects.effect("water", {"temperature": 1.0}, {"temperature": 0.0}) < 2.1
    True
    >>> effects.effect("gin", {"temperature": 1.0}, {"temperature": 0.0})
    1.0
    """

    def __init__(self, state: ContextEffectsState | None = None) -> None:
        self._state = state or ContextEffectsState()
        self._regressions = {
            product: BayesianLinearRegression(stored) for product, stored in self._state.regressions.items()
        }

    @property
    def state(self) -> ContextEffectsState:
        """State to store."""
        self._state.regressions = {product: regression.state() for product, regression in self._regressions.items()}
        return self._state

    @property
    def means(self) -> dict[str, float]:
        """Running mean of each feature."""
        return dict(self._state.means)

    def varied_features(self, context: Mapping[str, float]) -> dict[str, float]:
        """Return the features of a context that have ever changed.

        A constant feature carries no information yet, but would take over a part of the regression's intercept: on the
        first day that is not the first day, that part would be missing.
        """
        return {
            name: value
            for name, value in context.items()
            if name in self._state.varied or abs(value - self._state.means.get(name, value)) > MIN_CHANGE
        }

    def observe(self, context: Mapping[str, float]) -> None:
        """Update the means with the context of one slot."""
        for name, value in context.items():
            count = self._state.counts[name] = self._state.counts.get(name, 0) + 1
            mean = self._state.means.get(name, value)
            if name not in self._state.varied and abs(value - mean) > MIN_CHANGE:
                self._state.varied.append(name)
            self._state.means[name] = mean + (value - mean) / min(float(count), MEAN_MEMORY)

    def learn(self, product: str, context: Mapping[str, float], target: float) -> None:
        """Learn from one slot; `target` is log(sold ÷ season)."""
        self._regressions.setdefault(product, BayesianLinearRegression()).learn({"one": 1.0, **context}, target)

    def effect(self, product: str, context: Mapping[str, float], instead_of: Mapping[str, float]) -> float:
        """Return the factor on demand when one context replaces another; 1 where nothing was learnt."""
        regression = self._regressions.get(product)
        if regression is None:
            return 1.0
        change = regression.predict({"one": 1.0, **context}) - regression.predict({"one": 1.0, **instead_of})
        return math.exp(min(max(change, -MAX_LOG_EFFECT), MAX_LOG_EFFECT))


def calendar_features(calendar: Calendar, local: datetime) -> dict[str, float]:
    """Return one feature (0 or 1) for each entry of the venue's calendar; `local` is the venue's time.

    >>> festival = Calendar(first_day="2026-07-03", last_day="2026-07-05", ground_opens="16:00", ground_closes="03:00")
    >>> calendar_features(festival, datetime(2026, 7, 4, 2, 30))
    {'first_day': 1.0, 'last_day': 0.0, 'ground_open': 1.0}
    >>> calendar_features(Calendar(), datetime(2026, 7, 4, 2, 30))
    {}
    """
    hour, minute = (int(part) for part in calendar.day_begins.split(":"))
    day = (local - timedelta(hours=hour, minutes=minute)).date()
    features: dict[str, float] = {}
    if calendar.first_day is not None:
        features["first_day"] = float(day == calendar.first_day)
    if calendar.last_day is not None:
        features["last_day"] = float(day == calendar.last_day)
    if calendar.holidays:
        features["holiday"] = float(day in calendar.holidays)
    if calendar.ground_opens is not None and calendar.ground_closes is not None:
        now, opens, closes = f"{local:%H:%M}", calendar.ground_opens, calendar.ground_closes
        features["ground_open"] = float(opens <= now < closes if opens < closes else now >= opens or now < closes)
    return features
