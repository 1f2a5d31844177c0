"""Response rates that another way of choosing would have had: self-normalised inverse propensity weighting.

A showing that was chosen with probability p and would be chosen with probability q counts q / p times; sums of weights
normalise it (Hájek; Swaminathan and Joachims 2015). The interval is Wilson's (1927) with the effective number of
showings, the square of the sum of weights by the sum of their squares (Kish 1965), and Student's quantile for it.
"""

from __future__ import annotations

from msgspec import Struct
from scipy import stats

from processors.wilson import wilson_interval
from schemas.promotion import RateEstimate

COVERAGE = 0.9
"""Probability with which an interval holds the true rate."""


class WeightSums(Struct):
    """Sums over showings: all that an estimate needs.

    Attributes:
        weight, squared: of the weights, and of their squares.
        response, response_squared: the same over showings with a response.
    """

    weight: float = 0.0
    squared: float = 0.0
    response: float = 0.0
    response_squared: float = 0.0

    def add_showing(self, weight: float) -> None:
        """Add a showing."""
        self.weight += weight
        self.squared += weight * weight

    def add_response(self, weight: float) -> None:
        """Add a response to a showing that was added with the same weight."""
        self.response += weight
        self.response_squared += weight * weight


def estimate(sums: WeightSums) -> RateEstimate | None:
    """Return the weighted rate with its interval; None without a showing.

    >>> one = estimate(WeightSums(weight=100, squared=100, response=10, response_squared=10))
    >>> one.rate, round(one.low, 3), round(one.high, 3), one.effective
    (0.1, 0.06, 0.161, 100.0)
    """
    if sums.weight <= 0:
        return None
    rate = min(1.0, sums.response / sums.weight)
    effective = sums.weight**2 / sums.squared
    number = _number_for_interval(sums, rate, effective)
    quantile = float(stats.t.ppf((1 + COVERAGE) / 2, max(1.0, number - 1)))
    low, high = wilson_interval(rate, number, quantile)
    return RateEstimate(
        rate=round(rate, 6),
        low=round(min(low, rate), 6),
        high=round(max(high, rate), 6),
        effective=round(effective, 1),
    )


def _number_for_interval(sums: WeightSums, rate: float, effective: float) -> float:
    """Return the number of plain showings that the rate is as sure as.

    Kish's number holds where weights and responses are unrelated; where responses have the larger weights, the variance
    of the ratio (delta method) is larger, and gives a smaller number.
    """
    plain = rate * (1 - rate)
    variance = (sums.response_squared * (1 - 2 * rate) + rate**2 * sums.squared) / sums.weight**2
    return min(effective, plain / variance) if plain > 0 and variance > 0 else effective
