"""Mixture of named forecasts by exponentiated gradient: weights follow the recent errors (Kivinen and Warmuth, 1997).

For forecasts fᵢ of a value y with variance v and weights wᵢ, the mixture m = Σ wᵢ·fᵢ has the loss (y - m)²/v. Each
value multiplies wᵢ by exp(η·(y - m)·(fᵢ - m)/v), up to a constant, and then a small share of the prior weights is
mixed in (Herbster and Warmuth, "Tracking the best expert", 1998), so that no forecast is lost for good. Reference:
Kivinen and Warmuth, "Exponentiated gradient versus gradient descent for linear predictors", Information and Computation
132, 1997.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct, field

LEARNING_RATE = 0.1
"""Step η of the exponentiated gradient."""

PRIOR_SHARE = 0.002
"""Share of the prior weights that each forecast of a series mixes in: a memory of 500, as in the combination."""

BASE_WEIGHT = 0.6
"""Prior weight of the base; the others share the rest equally."""

RATIO_PRIOR_UNITS, RATIO_MEMORY = 100.0, 500.0
"""Prior units of the bias ratio, and forecasts over which it is averaged, as for the base."""

MIN_RATIO, MAX_RATIO = 0.8, 1.25
"""Bounds of the bias ratio.

Its square root is applied: sales are skewed, so that the whole correction costs more absolute error than it mends bias.
"""

MAX_ERROR = 3.0
"""Standard errors at which errors and differences are clipped: one outlier moves no weight far."""

BASE = "base"
"""Name of the forecast that is always there."""


class ExpertMixture(Struct):
    """Weights of the forecasts of one horizon and class of the mean.

    Attributes:
        weights: by name; a forecast that is new joins with its prior weight.
        actual, mixed: sums of values and of mixtures, whose ratio corrects half of the bias, by its logarithm.

    >>> mixture = ExpertMixture()
    >>> for _ in range(100):
    ...     mixture.learn({BASE: 10.0, "season": 20.0}, 19.0, 20.0)
    >>> round(mixture.mean({BASE: 10.0, "season": 20.0}))
    19
    """

    weights: dict[str, float] = field(default_factory=dict)
    actual: float = 0.0
    mixed: float = 0.0

    def mean(self, forecasts: Mapping[str, float]) -> float:
        """Return the mixture of these forecasts less half of its bias, in units."""
        ratio = (self.actual + RATIO_PRIOR_UNITS) / (self.mixed + RATIO_PRIOR_UNITS)
        return self._mixed(forecasts) * math.sqrt(min(max(ratio, MIN_RATIO), MAX_RATIO))

    def learn(self, forecasts: Mapping[str, float], value: float, variance: float, series: int = 1) -> None:
        """Update the weights with one value.

        Args:
            forecasts: by name, in units.
            value: units sold.
            variance: variance of the value, in units².
            series: number of series that share these weights; each moves them by so much less.
        """
        weights, spread = self._weights(forecasts), math.sqrt(variance)
        mean = self._mixed(forecasts)
        error = _clip((value - mean) / spread)
        keep = 1 - 1 / (RATIO_MEMORY * series)
        self.actual = keep * self.actual + max(0.0, mean + error * spread)
        self.mixed = keep * self.mixed + mean
        step = 2 * LEARNING_RATE / math.sqrt(series) * error
        moved = {
            name: weights[name] * math.exp(step * _clip((units - mean) / spread)) for name, units in forecasts.items()
        }
        total, prior, share = sum(moved.values()), _prior(forecasts), PRIOR_SHARE / series
        absent = {name: weight for name, weight in self.weights.items() if name not in forecasts}
        self.weights = absent | {n: (1 - share) * weight / total + share * prior[n] for n, weight in moved.items()}

    def _mixed(self, forecasts: Mapping[str, float]) -> float:
        weights = self._weights(forecasts)
        return sum(weights[name] * units for name, units in forecasts.items())

    def _weights(self, forecasts: Mapping[str, float]) -> dict[str, float]:
        prior = _prior(forecasts)
        weights = {name: self.weights.get(name, prior[name]) for name in forecasts}
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}


def _prior(forecasts: Mapping[str, float]) -> dict[str, float]:
    others = len(forecasts) - (BASE in forecasts)
    base = BASE_WEIGHT if others else 1.0
    return {name: base if name == BASE else (1 - base) / others for name in forecasts}


def _clip(value: float) -> float:
    return min(max(value, -MAX_ERROR), MAX_ERROR)
