"""How far off a forecast may be: a negative binomial whose spread and tails are learnt online."""

from __future__ import annotations

import math

from msgspec import Struct
from scipy.special import betainc, betaincc, nbdtrik

TAIL = 0.05
"""chance on each side of the 90 % interval"""

STEP = 0.01
"""how fast a tail follows its misses (adaptive conformal inference: Gibbs and Candès, 2021)"""

LOW_MOST = 4 * TAIL
"""highest tail below the interval; where nothing is sold as often as that, zero belongs to it"""

FORGET = 0.01

RATIO_PRIOR = 100.0
"""units that speak for no bias at all"""

RATIO_MEMORY = 500.0
"""forecasts of a series over which the mean is kept free of bias"""

LEVELS = 7
"""classes of the mean, each four times as high as the one below; the first holds all below half a unit"""


class ConformalInterval(Struct):
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

        >>> ConformalInterval().quantile(10.0, 0.5)  # before anything is learnt, as if of forecasts around 10 units
        9.0
        """
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        success = size / (size + mean)
        # What scipy.stats.nbinom.ppf gives, without its checks, which take ten times as long as the function.
        units = max(0.0, math.ceil(nbdtrik(probability, size, success)))
        return units - 1.0 if units > 0 and betainc(size, units, success) >= probability else float(units)

    def exceeds(self, mean: float, units: float) -> float:
        """Chance that more than `units` are asked for."""
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        return float(betaincc(size, math.floor(units) + 1, size / (size + mean))) if units >= 0 else 1.0

    def shortfall(self, mean: float, units: float) -> float:
        """Mean number of units asked for beyond `units`, E[(D - units)⁺].

        With D negative binomial of size r, E[D; D > s] is the mean times P(D' ≥ s) for D' of size r + 1.

        >>> ConformalInterval().shortfall(10.0, 0.0)
        10.0
        """
        mean, stock = max(mean, 1e-6), max(0, math.floor(units))
        size = 1 / self.dispersion
        success = size / (size + mean)
        above = float(betaincc(size + 1, stock, success)) if stock else 1.0
        return max(0.0, mean * above - stock * float(betaincc(size, stock + 1, success)))

    def ends(self, mean: float) -> tuple[float, float]:
        """The 90 % interval."""
        return self.quantile(mean, self.low), self.quantile(mean, 1 - self.high)

    def learn_ratio(self, uncorrected: float, value: float, mean: float, series: int = 1) -> None:
        """What came where a regression said `uncorrected`; one odd value counts as a bounded one."""
        keep = 1 - 1 / (RATIO_MEMORY * series)
        self.actual = self.actual * keep + min(value, 10 * mean + 10)
        self.forecast = self.forecast * keep + uncorrected

    def learn(self, mean: float, value: float, series: int = 1) -> None:
        """What came where `mean` was forecast; one odd value moves the spread by a bounded step.

        Args:
            series: how many share this interval; each teaches so much less at a time.
        """
        low, high = self.ends(mean)
        step = STEP / math.sqrt(series)
        # An end at zero is never missed, so its tail alone would grow until it is missed far too often.
        self.low = min(LOW_MOST, _clip(self.low + step * (TAIL - (value < low))))
        self.high = _clip(self.high + step * (TAIL - (value > high)))
        self.seen += 1
        weight = max(FORGET / series, 1 / (self.seen + 20))
        error = (value - mean) ** 2 - mean
        bound = 25 * (self.excess + self.square + 1)
        self.excess = max(0.0, self.excess + weight * (min(error, bound) - self.excess))
        self.square += weight * (mean**2 - self.square)


def mean_class(mean: float) -> int:
    """Class of a mean: errors of a busy hour tell little about those of a quiet one.

    >>> [mean_class(mean) for mean in (0.0, 0.4, 0.6, 3.0, 100.0, 1e6)]
    [0, 0, 1, 2, 4, 6]
    """
    return 0 if mean < 0.5 else min(LEVELS - 1, 1 + math.floor(math.log(2 * mean, 4)))


def _clip(tail: float) -> float:
    return min(max(tail, 0.0005), 0.4)
