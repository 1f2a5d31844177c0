"""Conformal interval: SciPy's negative binomial, with ends whose miss rate converges to the nominal one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from processors.bars.conformal_interval import ConformalInterval


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-6, 20_000), st.floats(1e-6, 25), st.floats(0.0005, 0.9995), st.integers(-1, 30_000))
def test_quantiles_and_tails_equal_scipy(mean: float, alpha: float, probability: float, units: int) -> None:
    interval = ConformalInterval(excess=alpha, square=1.0)
    size = 1 / interval.dispersion
    scipy_distribution = nbinom(size, size / (size + mean))
    assert interval.quantile(mean, probability) == scipy_distribution.ppf(probability)
    assert interval.exceeds(mean, units) == pytest.approx(scipy_distribution.sf(units), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 300), st.floats(0.01, 5), st.integers(0, 400))
def test_shortfall_equals_sum_of_tail_probabilities(mean: float, alpha: float, stock: int) -> None:
    interval = ConformalInterval(excess=alpha, square=1.0)
    tails = nbinom(1 / alpha, 1 / alpha / (1 / alpha + mean)).sf(np.arange(stock, 60_000))
    assert interval.shortfall(mean, stock) == pytest.approx(tails.sum(), rel=1e-6, abs=1e-6)


def test_interval_ends_adapt_to_changed_spread() -> None:
    random, interval, missed = np.random.default_rng(3), ConformalInterval(), 0
    for number in range(6000):
        mean = 20.0
        size = 2 if number > 2000 else 50
        value = float(random.negative_binomial(size, size / (size + mean)))
        low, high = interval.ends(mean)
        missed += number >= 3000 and not low <= value <= high
        interval.learn(mean, value, mean)
    assert 0.07 < missed / 3000 < 0.13
