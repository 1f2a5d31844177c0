"""ADWIN detector: reports a rise of the errors, and the same after a restart; the regression then learns faster."""

from __future__ import annotations

import random

from processors.bars.adwin import MAX_ERRORS, AdwinDetector
from processors.bars.bayesian_regression import BayesianLinearRegression


def test_restored_detector_gives_the_same_answers() -> None:
    seeded = random.Random(3)
    errors = [seeded.gauss(0.3 if n < 900 or n > 1500 else 0.9, 0.1) for n in range(2000)]
    plain, restarted = AdwinDetector(), AdwinDetector()
    drifts = 0
    for n, error in enumerate(errors):
        found = plain.update(error)
        drifts += found
        if n % 83 == 0:
            restarted = AdwinDetector(restarted.state())
        assert restarted.update(error) == found, n
    assert 1 <= drifts <= 4
    assert len(plain.state().errors) < MAX_ERRORS * 4 * 4 / 3 + 8


def test_falling_errors_are_no_drift() -> None:
    drift = AdwinDetector()
    assert not any(drift.update(0.9 if n < 200 else 0.1) for n in range(400))


def test_inflated_covariance_keeps_mean_and_learns_faster() -> None:
    sure, unsure = BayesianLinearRegression(), BayesianLinearRegression()
    for regression in (sure, unsure):
        for x in range(200):
            regression.learn({"one": 1.0, "x": x % 5}, 2.0 * (x % 5))
    unsure.inflate_covariance(4.0)
    at = {"one": 1.0, "x": 4}
    assert abs(unsure.predict(at) - sure.predict(at)) < 1e-9
    for regression in (sure, unsure):
        for x in range(20):
            regression.learn({"one": 1.0, "x": x % 5}, 4.0 * (x % 5))
    assert unsure.predict(at) > sure.predict(at)
    assert BayesianLinearRegression(unsure.state()).predict(at) == unsure.predict(at)
