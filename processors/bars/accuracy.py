"""Accuracy measures of demand forecasts: WAPE, MASE, pinball loss, coverage and bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUANTILES = (0.05, 0.5, 0.95)
"""Levels of the quantile forecasts."""


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the weighted absolute percentage error: Σ|f - y| ÷ Σ|y| (Kolassa and Schütz, Foresight 6, 2007).

    >>> wape([10, 0, 10], [8, 1, 10])
    0.15
    """
    y, f = _arrays(actual, forecast)
    return float(np.abs(f - y).sum() / max(np.abs(y).sum(), 1e-9))


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the relative bias Σ(f - y) ÷ Σ|y|; positive is a forecast that is too high.

    >>> bias([10, 10], [12, 10])
    0.1
    """
    y, f = _arrays(actual, forecast)
    return float((f - y).sum() / max(np.abs(y).sum(), 1e-9))


def mase(actual: ArrayLike, forecast: ArrayLike, naive_error: float) -> float | None:
    """Return the mean absolute scaled error (Hyndman and Koehler, International Journal of Forecasting 22, 2006).

    Args:
        actual: (n,) units.
        forecast: (n,) units.
        naive_error: mean absolute error of the seasonal naive forecast before scoring; None is returned where it is 0.

    >>> mase([10, 10], [9, 11], 2.0)
    0.5
    """
    y, f = _arrays(actual, forecast)
    return float(np.abs(f - y).mean() / naive_error) if naive_error > 0 else None


def pinball(actual: ArrayLike, quantiles: NDArray[np.float64]) -> float:
    """Return the mean pinball loss over `QUANTILES`; `quantiles` is (n, 3), in units.

    >>> round(pinball([10.0], np.array([[8.0, 10.0, 13.0]])), 4)
    0.0833
    """
    y = np.asarray(actual, np.float64)[:, None]
    error = y - quantiles
    levels = np.asarray(QUANTILES)
    return float(np.maximum(levels * error, (levels - 1) * error).mean())


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the share of the actual values within their interval, ends included.

    >>> coverage([1, 2, 3, 9], [0, 0, 0, 0], [3, 3, 3, 3])
    0.75
    """
    y = np.asarray(actual, np.float64)
    return float(((y >= np.asarray(low)) & (y <= np.asarray(high))).mean())


def _arrays(actual: ArrayLike, forecast: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.asarray(actual, np.float64), np.asarray(forecast, np.float64)
