"""Trend of a series: its slope, with a confidence interval that allows for correlated samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from scipy.stats import linregress, t

BLOCKS = 12
"""Number of blocks. Samples of a process's memory are correlated for minutes; means of blocks are nearly independent
(batch means, Law and Kelton, Simulation Modeling and Analysis, 9.5.3)."""

WEEK_HOURS = 168.0
"""Time in which something that grows would double; a festival lasts some days."""


class Trend(Struct, frozen=True, kw_only=True):
    """A straight line through a series.

    Attributes:
        slope: an hour; `low` and `high` are the ends of its 95 % confidence interval.
        samples: that it rests on.
    """

    mean: float
    slope: float
    low: float
    high: float
    samples: int

    def grows(self, least: float = 0.0) -> bool:
        """Return True if it significantly rises, fast enough to double within a week and by more than `least` per hour.

        >>> Trend(mean=100, slope=2, low=1, high=3, samples=100).grows()
        True
        >>> Trend(mean=100, slope=2, low=-1, high=5, samples=100).grows()
        False
        """
        return self.low > max(least, abs(self.mean) / WEEK_HOURS)


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend | None:
    """Return the slope over block means (least squares, Student's t); None for fewer than nine samples.

    >>> hours = [number / 60 for number in range(120)]
    >>> found = trend(hours, [100 + 3 * hour for hour in hours])
    >>> round(found.slope, 6), round(found.mean, 1)
    (3.0, 103.0)
    """
    if len(values) < 9:
        return None
    blocks = min(BLOCKS, len(values) // 3)
    times = [float(block.mean()) for block in np.array_split(np.asarray(hours, float), blocks)]
    means = [float(block.mean()) for block in np.array_split(np.asarray(values, float), blocks)]
    line: tuple[float, float, float, float, float] = linregress(times, means)
    slope, error = float(line[0]), float(line[4])
    # A series that never moves has no error at all, which the library calls not a number.
    reach = float(t.ppf(0.975, blocks - 2)) * error if math.isfinite(error) else 0.0
    return Trend(mean=float(np.mean(values)), slope=slope, low=slope - reach, high=slope + reach, samples=len(values))
