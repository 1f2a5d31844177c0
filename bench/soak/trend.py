"""Trend of a series: slope with a confidence interval that allows for autocorrelated samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from scipy.stats import linregress, t

MAX_BLOCKS = 12
"""Maximum number of blocks. Samples of a process's memory are correlated over minutes; block means are nearly
independent (batch means, Law and Kelton, Simulation Modeling and Analysis, 9.5.3)."""

WEEK_HOURS = 168.0
"""Doubling time in hours that counts as growth; a festival lasts some days."""


class Trend(Struct, frozen=True, kw_only=True):
    """Linear trend of a series.

    Attributes:
        slope: slope per hour; `low` and `high` are the ends of its 95 % confidence interval.
        samples: number of samples.
    """

    mean: float
    slope: float
    low: float
    high: float
    samples: int

    def grows(self, min_slope: float = 0.0) -> bool:
        """Return True if the confidence interval is above `min_slope` and the slope doubles the value within a week.

        >>> Trend(mean=100, slope=2, low=1, high=3, samples=100).grows()
        True
        >>> Trend(mean=100, slope=2, low=-1, high=5, samples=100).grows()
        False
        """
        return self.low > max(min_slope, abs(self.mean) / WEEK_HOURS)


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend | None:
    """Fit the slope over block means (least squares, Student's t); None for fewer than nine samples.

    >>> hours = [number / 60 for number in range(120)]
    >>> found = trend(hours, [100 + 3 * hour for hour in hours])
    >>> round(found.slope, 6), round(found.mean, 1)
    (3.0, 103.0)
    """
    if len(values) < 9:
        return None
    blocks = min(MAX_BLOCKS, len(values) // 3)
    times = [float(block.mean()) for block in np.array_split(np.asarray(hours, float), blocks)]
    means = [float(block.mean()) for block in np.array_split(np.asarray(values, float), blocks)]
    fit: tuple[float, float, float, float, float] = linregress(times, means)
    slope, error = float(fit[0]), float(fit[4])
    # A constant series has no error, for which the library returns NaN.
    half_width = float(t.ppf(0.975, blocks - 2)) * error if math.isfinite(error) else 0.0
    return Trend(
        mean=float(np.mean(values)), slope=slope, low=slope - half_width, high=slope + half_width, samples=len(values)
    )
