"""How far off a forecast may be: a negative binomial whose spread and tails are learnt online."""

from __future__ import annotations

import math

from msgspec import Struct
from scipy.special import betainc, betaincc, nbdtrik

TAIL = 0.05
"""chance on each side of the 90 % interval"""

STEP = 0.01
"""how fast a tail follows its misses (adaptive conformal inference: Gibbs and Candès, 2021)"""

FORGET = 0.01

RATIO_PRIOR = 100.0
"""units that speak for no bias at all"""

RATIO_MEMORY = 500.0
"""forecasts over which the mean is kept free of bias"""


class Interval(Struct):
    """Spread of the errors of one horizon.

    Attributes:
        excess: running mean of what the squared error has beyond Poisson's.
        square: running mean of the squared forecast; excess/square is the negative binomial's α in
            variance = mean + α·mean².
        low, high: probabilities at which the ends are drawn, moved so that each is missed 5 % of the time.
    """

    excess: float = 25.0
    square: float = 100.0
    low: float = TAIL
    high: float = TAIL
    seen: int = 0
    actual: float = 0.0
    forecast: float = 0.0

    @property
    def ratio(self) -> float:
        """What came ÷ what was forecast, lately: a mean of logarithms falls short of the mean of units."""
        return min(max((self.actual + RATIO_PRIOR) / (self.forecast + RATIO_PRIOR), 0.5), 3.0)

    @property
    def dispersion(self) -> float:
        """α, between nearly Poisson and hardly any knowledge."""
        return min(max(self.excess / self.square, 1e-6), 25.0)

    def quantile(self, mean: float, probability: float) -> float:
        """Units that are not exceeded with this probability.

        >>> Interval().quantile(10.0, 0.5)  # before anything is learnt, as if of forecasts around 10 units
        9.0
        """
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        success = size / (size + mean)
        # As scipy.stats.nbinom.ppf, whose checks of its arguments take eight times as long as the work.
        units = math.ceil(max(0.0, float(nbdtrik(probability, size, success))))
        if units and betainc(size, units, success) >= probability:
            units -= 1
        return float(units)

    def exceeds(self, mean: float, units: float) -> float:
        """Chance that more than `units` are asked for."""
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        return float(betaincc(size, max(0, math.floor(units) + 1), size / (size + mean)))

    def ends(self, mean: float) -> tuple[float, float]:
        """The 90 % interval."""
        return self.quantile(mean, self.low), self.quantile(mean, 1 - self.high)

    def learn(self, mean: float, value: float, uncorrected: float) -> None:
        """What came where `mean` was forecast; one odd value moves the spread by a bounded step."""
        low, high = self.ends(mean)
        self.low = _clip(self.low + STEP * (TAIL - (value < low)))
        self.high = _clip(self.high + STEP * (TAIL - (value > high)))
        self.seen += 1
        keep = 1 - 1 / RATIO_MEMORY
        self.actual = self.actual * keep + min(value, 10 * mean + 10)
        self.forecast = self.forecast * keep + uncorrected
        weight = max(FORGET, 1 / (self.seen + 20))
        error = (value - mean) ** 2 - mean
        bound = 25 * (self.excess + self.square + 1)
        self.excess = max(0.0, self.excess + weight * (min(error, bound) - self.excess))
        self.square += weight * (mean**2 - self.square)


def _clip(tail: float) -> float:
    return min(max(tail, 0.0005), 0.4)
