"""How much two forecasts are to be believed beside each other, learnt from which of them was nearer (Bates and Granger,
1969): the weight that the least squares of their errors give, each weighed by its variance.
"""

from __future__ import annotations

from msgspec import Struct

PRIOR = 4.0
"""evidence, in variances, that speaks for halves"""

FORGET = 0.002


class BatesGrangerCombination(Struct):
    """Of one horizon and class of the mean.

    >>> blend = BatesGrangerCombination()
    >>> for _ in range(100):
    ...     blend.learn(10.0, 20.0, 11.0, 11.0)
    >>> round(blend.weight, 2)
    0.9
    """

    agreed: float = 0.0
    apart: float = 0.0

    @property
    def weight(self) -> float:
        """Of the first."""
        return min(max((self.agreed + PRIOR / 2) / (self.apart + PRIOR), 0.0), 1.0)

    def mean(self, first: float, second: float) -> float:
        """Of both."""
        return second + self.weight * (first - second)

    def learn(self, first: float, second: float, value: float, variance: float, series: int = 1) -> None:
        """What came where both were said; one odd value counts as a bounded one."""
        keep = 1 - FORGET / series
        difference = first - second
        bound = 10 * (max(first, second) + 1)
        error = min(max(value - second, -bound), bound)
        self.agreed = self.agreed * keep + error * difference / variance
        self.apart = self.apart * keep + difference * difference / variance
