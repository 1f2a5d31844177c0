"""Share of fake accounts in a sample: maximum likelihood of the prior by expectation maximisation.

Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities". The
interval is that of the profile likelihood, and adds the model's error from sample to sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ITERATIONS = 200
START = 0.3

DEVIANCE = 2.706
"""Deviance at the ends of a 90 % interval: the square of 1.645."""

GRID_STEP = 0.002
"""Step of the shares whose likelihood is computed."""


@dataclass(frozen=True, slots=True)
class ShareEstimate:
    """Share of fake accounts.

    Attributes:
        share: 0 to 1.
        low: lower bound of the 90 % interval.
        high: upper bound.
        chances: of each account, with this share as the prior.
    """

    share: float
    low: float
    high: float
    chances: NDArray[np.float64]


def estimate_share(log_odds: NDArray[np.float64], *, shift_error: float = 0.0) -> ShareEstimate:
    """Return the share of fake accounts.

    Args:
        log_odds: log likelihood ratio of each account, fake against real.
        shift_error: standard deviation of the share that sampling does not explain.

    Raises:
        ValueError: there is no account.

    >>> round(estimate_share(np.array([9.0] * 30 + [-9.0] * 70)).share, 2)
    0.3
    """
    if not len(log_odds):
        raise ValueError("a share needs at least one account")
    ratio = np.exp(log_odds)
    share = START
    for _ in range(ITERATIONS):
        chances = share * ratio / (share * ratio + 1 - share)
        share = float(chances.mean())
    low, high = _interval(share, ratio, shift_error)
    return ShareEstimate(share, low, high, chances)


def _interval(share: float, ratio: NDArray[np.float64], shift_error: float) -> tuple[float, float]:
    """Return the bounds of the profile likelihood, widened by the error from sample to sample."""
    grid = np.append(np.linspace(0, 1 - GRID_STEP, round(1 / GRID_STEP)), share)
    likelihoods = np.log1p(grid[:, None] * (ratio - 1)).sum(axis=1)
    inside = grid[likelihoods >= likelihoods.max() - DEVIANCE / 2]
    margin = DEVIANCE**0.5 * shift_error
    low = share - float(np.hypot(share - inside.min(), margin))
    high = share + float(np.hypot(inside.max() - share, margin))
    return max(0.0, low), min(1.0, high)
