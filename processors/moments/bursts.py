"""Bursts of posts: negative-binomial prospective scan over the last minutes, against a running rate.

The rate of a set has a gamma posterior whose evidence decays (dynamic gamma-Poisson model: Smith and Miller, 1986); the
posts of the next minutes then follow a negative binomial distribution, and windows of one to three minutes that end now
are scanned (Kulldorff, 2001: prospective scan statistic). The limit of the probability bounds the false bursts: with
three windows a minute, at most 60 × 3 × `MAX_CHANCE` an hour are expected while the model holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

MAX_CHANCE = 5e-4
"""Probability below which a window is a burst: at most 0.09 false bursts an hour by the union bound."""

WINDOWS = (1, 2, 3)
"""Lengths of the windows in minutes."""

MIN_POSTS = 4
"""Posts of a window below which it is no burst."""

DECAY = 0.93
"""Factor by which evidence on the rate decays each minute: a half-life of ten minutes."""

PRIOR_POSTS, PRIOR_MINUTES = 0.5, 1.0
"""Prior of the rate, as posts seen in minutes: half a post a minute, known hardly at all."""

DISPERSION = 0.1
"""Squared coefficient of variation of the rate from minute to minute beyond Poisson noise."""

MAX_SURPRISE = 2.5
"""Standard deviations above the mean up to which a minute enters the rate, so that a burst does not hide the next."""


@dataclass(frozen=True, slots=True)
class MinuteChance:
    """A minute beside what was expected.

    Attributes:
        expected: posts by the minutes before.
        chance: smallest probability over the windows that end with the minute.
        burst: True where it is below `MAX_CHANCE`.
    """

    expected: float
    chance: float
    burst: bool


def scan(counts: Sequence[int]) -> list[MinuteChance]:
    """Return the chance of each of successive minutes, by those before it alone.

    >>> [one.burst for one in scan([2, 1, 3, 2, 2, 1, 2, 3, 14, 12])]
    [False, False, False, False, False, False, False, False, True, True]
    """
    if not counts:
        return []
    shapes, means = _running_rates(counts)
    totals = np.concatenate([[0], np.cumsum(counts)])
    chances = np.ones(len(counts))
    for window in WINDOWS:
        ends = np.arange(window, len(counts) + 1)
        observed = totals[ends] - totals[ends - window]
        tail = _tail(observed, shapes[ends - window], window * means[ends - window], DISPERSION / window)
        chances[ends - 1] = np.minimum(chances[ends - 1], np.where(observed >= MIN_POSTS, tail, 1.0))
    return [
        MinuteChance(float(mean), float(chance), bool(chance < MAX_CHANCE and count))
        for mean, chance, count in zip(means, chances, counts, strict=True)
    ]


def _running_rates(counts: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shape and mean of the gamma distribution of the rate before each minute."""
    posts, minutes = PRIOR_POSTS, PRIOR_MINUTES
    shapes, means = [], []
    for count in counts:
        mean = posts / minutes
        shapes.append(posts)
        means.append(mean)
        spread = (mean + mean**2 * (1 / posts + DISPERSION)) ** 0.5
        posts = max(DECAY * posts + min(count, mean + MAX_SURPRISE * max(spread, 1.0)), PRIOR_POSTS)
        minutes = DECAY * minutes + 1
    return np.array(shapes), np.array(means)


def _tail(
    observed: NDArray[np.int64], shape: NDArray[np.float64], mean: NDArray[np.float64], dispersion: float
) -> NDArray[np.float64]:
    """Return the probability of at least `observed` posts; dispersion adds to the variance of the rate."""
    size = 1 / (1 / shape + dispersion)
    found: NDArray[np.float64] = betainc(np.maximum(observed, 1), size, mean / (mean + size))
    return np.where(observed > 0, found, 1.0)
