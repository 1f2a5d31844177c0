"""Estimates by inverse propensity: unbiased where choices were not, with an interval that is honest."""

from __future__ import annotations

import numpy as np
import pytest

from processors.promotion.estimate import WeightSums, estimate


def sums(weights: list[float], responses: list[bool]) -> WeightSums:
    found = WeightSums()
    for weight, responded in zip(weights, responses, strict=True):
        found.add_showing(weight)
        if responded:
            found.add_response(weight)
    return found


def test_skewed_choices_are_weighted_back() -> None:
    """One taste, of 80 %, sees a variant often and likes it; the others see it rarely and do not."""
    random = np.random.default_rng(3)
    likes = random.random(20_000) < 0.8
    propensity = np.where(likes, 0.9, 0.05)
    shown = random.random(20_000) < propensity
    responded = random.random(20_000) < np.where(likes, 0.2, 0.02)
    plain = estimate(sums([1.0] * int(shown.sum()), responded[shown].tolist()))
    weighted = estimate(sums((1 / propensity[shown]).tolist(), responded[shown].tolist()))
    truth = 0.8 * 0.2 + 0.2 * 0.02
    assert plain is not None
    assert weighted is not None
    assert plain.low > truth
    assert weighted.low <= truth <= weighted.high
    assert weighted.effective < plain.effective


def test_intervals_cover_the_truth_where_few_were_shown() -> None:
    random = np.random.default_rng(5)
    covered = []
    for _ in range(400):
        propensity = random.choice([0.05, 0.5, 0.9], 60)
        one = estimate(sums((1 / propensity).tolist(), (random.random(60) < 0.1).tolist()))
        covered.append(one is not None and one.low <= 0.1 <= one.high)
    assert np.mean(covered) >= 0.9


def test_nothing_shown_has_no_rate_and_no_response_has_an_upper_bound() -> None:
    assert estimate(WeightSums()) is None
    none = estimate(sums([1.0] * 50, [False] * 50))
    assert none is not None
    assert (none.rate, none.low) == (0.0, 0.0)
    assert 0.03 < none.high < 0.1
    every = estimate(sums([1.0], [True]))
    assert every is not None
    assert every.high == 1.0
    assert every.low < 0.2


def test_responses_with_large_weights_widen_the_interval() -> None:
    even = estimate(sums([2.0] * 100, [True] * 10 + [False] * 90))
    heavy = estimate(sums([8.0] * 10 + [1.0] * 90, [True] * 2 + [False] * 98))
    assert even is not None
    assert heavy is not None
    assert heavy.high - heavy.low > even.high - even.low
    assert even.effective == pytest.approx(100)
