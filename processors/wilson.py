"""Interval of a share that was observed (Wilson, Journal of the American Statistical Association 22, 1927)."""

from __future__ import annotations

import math


def wilson_interval(share: float, number: float, quantile: float) -> tuple[float, float]:
    """Return the bounds of the true share, 0 to 1.

    Args:
        share: observed, 0 to 1.
        number: observations; of weighted ones the effective number. Above 0.
        quantile: of the error, such as 1.96 for 95 %.

    >>> low, high = wilson_interval(0.5, 30, 1.96)
    >>> round(low, 2), round(high, 2)
    (0.33, 0.67)
    """
    square = quantile**2 / number
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)
