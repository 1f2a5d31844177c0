"""Single methods that forecast the final number of tickets from past booking curves.

Additive and multiplicative (classical) pickup, linear and log-linear regression (Weatherford and Kimes 2003, "A
comparison of forecasting methods for hotel revenue management"), the curves most alike, and the usual final number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

METHODS = ("additive", "multiplicative", "regression", "log_regression", "similar", "usual")

HALF_LIFE_EVENTS = 60
"""Number of later events after which a past event counts half."""

LAGS_DAYS = (0, 7, 14)
"""Days before the forecast whose sales the regressions use."""

RIDGE = 0.05
"""Ridge penalty of the standardised regressions."""

COMPARED_DAYS = 60
SIMILAR_EVENTS = 15
"""Number of past events with the most similar sales over the last 60 days."""

Floats = NDArray[np.float64]


def event_weights(events: int) -> Floats:
    """Return the weights of past events, the oldest first; their sum is 1."""
    weights = 0.5 ** (np.arange(events)[::-1] / HALF_LIFE_EVENTS)
    return np.asarray(weights / weights.sum())


def forecast_each(past: Floats, sold: Floats, days: int) -> Floats:
    """Return the final number by each method of `METHODS`.

    Args:
        past: (events, length) tickets sold 0 … length - 1 days before, the oldest event first.
        sold: (length,) of the event; values nearer than `days` are not read.
        days: days before the event.
    """
    weights, finals, now = event_weights(len(past)), past[:, 0], sold[days]
    places = [min(days + lag, past.shape[1] - 1) for lag in LAGS_DAYS]
    before, here = past[:, places], sold[places]
    end = min(days + COMPARED_DAYS, past.shape[1])
    distances = ((past[:, days:end] - sold[days:end]) ** 2).mean(axis=1)
    nearest = np.argsort(distances, kind="stable")[:SIMILAR_EVENTS]
    log_before, log_here = np.log1p(np.maximum(before, 0)), np.log1p(np.maximum(here, 0))
    log_final = _regression(log_before, np.log1p(finals), log_here, weights)
    return np.array([
        now + weights @ (finals - past[:, days]),
        now * (weights @ finals) / max(float(weights @ past[:, days]), 1.0),
        _regression(before, finals, here, weights),
        np.expm1(min(log_final, float(np.log1p(finals.max())) + np.log(2))),
        now + (finals - past[:, days])[nearest].mean(),
        weights @ finals,
    ])  # fmt: skip


def _regression(features: Floats, targets: Floats, here: Floats, weights: Floats) -> float:
    """Return the prediction of a weighted ridge regression."""
    means, target = weights @ features, float(weights @ targets)
    scales = features.std(axis=0) + 1e-9
    centred = (features - means) / scales
    moments = (centred * weights[:, None]).T @ centred + RIDGE * np.eye(features.shape[1])
    slopes = np.linalg.solve(moments, (centred * weights[:, None]).T @ (targets - target))
    return target + float(((here - means) / scales) @ slopes)
