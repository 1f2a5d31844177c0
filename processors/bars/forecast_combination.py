"""Bates–Granger forecast combination: the weight of two forecasts by how near each was (Bates and Granger, 1969).

For forecasts f and g of a value y with variance v, the combination g + w·(f - g) has the least squared error at
w = Σ (y - g)·(f - g)/v ÷ Σ (f - g)²/v (weighted least squares). Both sums forget exponentially and begin with a prior
that gives equal weights. Reference: Bates and Granger, "The combination of forecasts", Operational Research Quarterly
20 (4), 1969.
"""

from __future__ import annotations

from msgspec import Struct, field

PRIOR_STRENGTH = 4.0
"""Prior evidence for equal weights, as a squared difference in units of the variance."""

FORGETTING_RATE = 0.002
"""Share of the evidence that each forecast of a series replaces: a memory of 500 forecasts, as for the bias ratio."""


class BatesGrangerCombination(Struct):
    """Weight of two forecasts of one horizon and class of the mean.

    Attributes:
        numerator: Σ (y - g)·(f - g)/v.
        denominator: Σ (f - g)²/v.

    >>> combination = BatesGrangerCombination()
    >>> for _ in range(100):
    ...     combination.learn(10.0, 20.0, 11.0, 11.0)
    >>> round(combination.weight, 2)
    0.9
    """

    numerator: float = field(default=0.0, name="agreed")
    denominator: float = field(default=0.0, name="apart")

    @property
    def weight(self) -> float:
        """Weight of the first forecast, from 0 to 1."""
        return min(max((self.numerator + PRIOR_STRENGTH / 2) / (self.denominator + PRIOR_STRENGTH), 0.0), 1.0)

    def mean(self, first: float, second: float) -> float:
        """Return the combination of both forecasts, in units."""
        return second + self.weight * (first - second)

    def learn(self, first: float, second: float, value: float, variance: float, series: int = 1) -> None:
        """Update the weight with one value.

        Args:
            first: first forecast f, in units.
            second: second forecast g, in units.
            value: units sold; its error is clipped at 10 times the larger forecast plus one.
            variance: variance v of the value, in units².
            series: number of series that share this weight.
        """
        keep = 1 - FORGETTING_RATE / series
        difference = first - second
        bound = 10 * (max(first, second) + 1)
        error = min(max(value - second, -bound), bound)
        self.numerator = self.numerator * keep + error * difference / variance
        self.denominator = self.denominator * keep + difference * difference / variance
