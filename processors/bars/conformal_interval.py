"""Negative binomial predictive distribution of demand with an adaptive conformal 90 % interval.

Units D sold until a horizon are negative binomial with the forecast's mean μ and variance μ + α·μ², so α = 0 is a
Poisson. α is estimated online by moments, from the running means of (y - μ)² - μ and of μ². The probabilities at which
the interval's ends are drawn are not fixed at 5 % and 95 %: adaptive conformal inference (Gibbs and Candès, NeurIPS
2021) moves each end until it is missed 5 % of the time, whatever the true distribution is.
"""

from __future__ import annotations

import math

from msgspec import Struct, field
from scipy.special import betainc, betaincc, nbdtrik

MISS_RATE = 0.05
"""Share of values that each end of the 90 % interval should miss."""

LEARNING_RATE = 0.01
"""Step γ of adaptive conformal inference; Gibbs and Candès use 0.005."""

MIN_TAIL, MAX_TAIL = 0.0005, 0.4
"""Bounds of the tail probability at which an end is drawn."""

MAX_LOW_TAIL = 4 * MISS_RATE
"""Highest tail probability below the interval; where sales are as rare as that, 0 belongs to the interval."""

MIN_VARIANCE_WEIGHT = 0.01
"""Weight of the newest error in the variance estimate at least, so that old errors are forgotten."""

VARIANCE_PRIOR_COUNT = 20
"""Number of errors that the initial variance counts for."""

ERROR_CLIP = 25
"""Multiple of the running levels at which an excess is clipped, so that an outlier moves the variance boundedly."""

MIN_DISPERSION, MAX_DISPERSION = 1e-6, 25.0
"""Bounds of α: nearly Poisson, and hardly any knowledge."""

RATIO_PRIOR_UNITS = 100.0
"""Units that count as forecast without bias before anything is learnt."""

RATIO_MEMORY = 500.0
"""Number of forecasts of a series over which the bias ratio is averaged."""

MIN_RATIO, MAX_RATIO = 0.5, 3.0
"""Bounds of the bias ratio."""

MEAN_CLASSES = 7
"""Number of classes of the mean; each begins at four times the one below, the first holds all below 0.5 units."""


class ConformalInterval(Struct):
    """Spread of the forecast errors of one horizon.

    Attributes:
        excess: running mean of the squared error beyond Poisson's, (y - μ)² - μ, in units².
        square: running mean of the squared forecast μ², in units²; α = excess/square.
        low_tail: probability at which the lower end is drawn.
        high_tail: probability above the upper end.
        count: number of errors learnt.
        actual: units sold, with exponential forgetting.
        forecast: units forecast before the bias correction, forgotten alike.
    """

    excess: float = 25.0
    square: float = 100.0
    low_tail: float = field(default=MISS_RATE, name="low")
    high_tail: float = field(default=MISS_RATE, name="high")
    count: int = field(default=0, name="seen")
    actual: float = 0.0
    forecast: float = 0.0

    @property
    def ratio(self) -> float:
        """Sold ÷ forecast units: the regression's mean of logarithms falls short of the mean of units."""
        ratio = (self.actual + RATIO_PRIOR_UNITS) / (self.forecast + RATIO_PRIOR_UNITS)
        return min(max(ratio, MIN_RATIO), MAX_RATIO)

    @property
    def dispersion(self) -> float:
        """Dispersion α of the negative binomial."""
        return min(max(self.excess / self.square, MIN_DISPERSION), MAX_DISPERSION)

    def quantile(self, mean: float, probability: float) -> float:
        """Return the units that are not exceeded with this probability.

        >>> ConformalInterval().quantile(10.0, 0.5)  # nothing learnt: α = 0.25
        9.0
        """
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        success = size / (size + mean)
        # Equal to scipy.stats.nbinom.ppf, without its argument checks, which take ten times as long as the function.
        units = max(0.0, math.ceil(nbdtrik(probability, size, success)))
        return units - 1.0 if units > 0 and betainc(size, units, success) >= probability else float(units)

    def exceeds(self, mean: float, units: float) -> float:
        """Return the probability of a demand above `units`."""
        mean = max(mean, 1e-6)
        size = 1 / self.dispersion
        return float(betaincc(size, math.floor(units) + 1, size / (size + mean))) if units >= 0 else 1.0

    def shortfall(self, mean: float, units: float) -> float:
        """Return the expected unmet demand E[(D - units)⁺], in units.

        With D negative binomial of size r = 1/α, E[D; D > s] is the mean times P(D' ≥ s) for D' of size r + 1.

        >>> ConformalInterval().shortfall(10.0, 0.0)
        10.0
        """
        mean, stock = max(mean, 1e-6), max(0, math.floor(units))
        size = 1 / self.dispersion
        success = size / (size + mean)
        above = float(betaincc(size + 1, stock, success)) if stock else 1.0
        return max(0.0, mean * above - stock * float(betaincc(size, stock + 1, success)))

    def ends(self, mean: float) -> tuple[float, float]:
        """Return the lower and upper end of the 90 % interval, in units."""
        return self.quantile(mean, self.low_tail), self.quantile(mean, 1 - self.high_tail)

    def learn_ratio(self, uncorrected: float, value: float, mean: float, series: int = 1) -> None:
        """Update the bias ratio with one forecast.

        Args:
            uncorrected: units forecast before the bias correction.
            value: units sold; an outlier counts as at most 10·mean + 10.
            mean: units forecast.
            series: number of series that share this ratio.
        """
        keep = 1 - 1 / (RATIO_MEMORY * series)
        self.actual = self.actual * keep + min(value, 10 * mean + 10)
        self.forecast = self.forecast * keep + uncorrected

    def learn(self, mean: float, value: float, series: int = 1) -> None:
        """Update the variance and the ends with one forecast.

        Args:
            mean: units forecast.
            value: units sold.
            series: number of series that share this interval; each moves it by so much less.
        """
        low, high = self.ends(mean)
        step = LEARNING_RATE / math.sqrt(series)
        # An end at zero is never missed, so its tail alone would grow until it is missed far too often.
        self.low_tail = min(MAX_LOW_TAIL, _clip(self.low_tail + step * (MISS_RATE - (value < low))))
        self.high_tail = _clip(self.high_tail + step * (MISS_RATE - (value > high)))
        self.count += 1
        weight = max(MIN_VARIANCE_WEIGHT / series, 1 / (self.count + VARIANCE_PRIOR_COUNT))
        error = (value - mean) ** 2 - mean
        bound = ERROR_CLIP * (self.excess + self.square + 1)
        self.excess = max(0.0, self.excess + weight * (min(error, bound) - self.excess))
        self.square += weight * (mean**2 - self.square)


def mean_class(mean: float) -> int:
    """Return the class of a mean: the errors of a busy hour say little about those of a quiet one.

    >>> [mean_class(mean) for mean in (0.0, 0.4, 0.6, 3.0, 100.0, 1e6)]
    [0, 0, 1, 2, 4, 6]
    """
    return 0 if mean < 0.5 else min(MEAN_CLASSES - 1, 1 + math.floor(math.log(2 * mean, 4)))


def _clip(tail: float) -> float:
    return min(max(tail, MIN_TAIL), MAX_TAIL)
