"""ADWIN drift detector: it reports rising errors, also after a restart; the regression then learns faster."""

from __future__ import annotations

import random

from processors.bars.adwin import MAX_ERRORS, AdwinDetector
from processors.bars.bayesian_regression import BayesianLinearRegression


def test_restored_detector_gives_the_same_answers() -> None:
    rng = random.Random(3)
    errors = [rng.gauss(0.3 if n < 900 or n > 1500 else 0.9, 0.1) for n in range(2000)]
    uninterrupted, restarted = AdwinDetector(), AdwinDetector()
    drifts = 0
    for n, error in enumerate(errors):
        is_drift = uninterrupted.update(error)
        drifts += is_drift
        if n % 83 == 0:
            restarted = AdwinDetector(restarted.state())
        assert restarted.update(error) == is_drift, n
    assert 1 <= drifts <= 4
    assert len(uninterrupted.state().errors) < MAX_ERRORS * 4 * 4 / 3 + 8


def test_falling_errors_are_no_drift() -> None:
    drift = AdwinDetector()
    assert not any(drift.update(0.9 if n < 200 else 0.1) for n in range(400))


def test_inflated_covariance_keeps_mean_and_learns_faster() -> None:
    narrow, inflated = BayesianLinearRegression(), BayesianLinearRegression()
    for regression in (narrow, inflated):
        for x in range(200):
            regression.learn({"one": 1.0, "x": x % 5}, 2.0 * (x % 5))
    inflated.inflate_covariance(4.0)
    at = {"one": 1.0, "x": 4}
    assert abs(inflated.predict(at) - narrow.predict(at)) < 1e-9
    for regression in (narrow, inflated):
        for x in range(20):
            regression.learn({"one": 1.0, "x": x % 5}, 4.0 * (x % 5))
    assert inflated.predict(at) > narrow.predict(at)
    assert BayesianLinearRegression(inflated.state()).predict(at) == inflated.predict(at)
