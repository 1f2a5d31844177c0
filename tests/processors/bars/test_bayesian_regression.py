"""Bayesian regression: equal to River's, to the closed form, and to itself after a restart."""

from __future__ import annotations

import random

import numpy as np
import pytest
from river.linear_model import BayesianLinearRegression as RiverRegression

from processors.bars.bayesian_regression import BayesianLinearRegression


def examples(seed: int, count: int) -> list[tuple[dict[str, float], float]]:
    """Return random examples of up to 20 features, each absent from some, with a linear target and noise."""
    rng = random.Random(seed)
    names = [f"feature {number}" for number in range(rng.randint(1, 20))]
    examples_made = []
    for _ in range(count):
        features = {name: rng.gauss(0, 2) for name in names if rng.random() < 0.8} or {names[0]: 1.0}
        examples_made.append((features, sum(features.values()) + rng.gauss(0, 3)))
    return examples_made


@pytest.mark.parametrize("seed", range(5))
def test_predictions_equal_those_of_river(seed: int) -> None:
    regression, river = BayesianLinearRegression(), RiverRegression(alpha=1.0, beta=1.0)
    for number, (features, target) in enumerate(examples(seed, 300)):
        assert regression.predict(features) == pytest.approx(river.predict_one(features), abs=1e-12)
        regression.learn(features, target)
        river.learn_one(features, target)
        if number % 50 == 0:
            regression = BayesianLinearRegression(regression.state())


def test_posterior_mean_equals_closed_form() -> None:
    examples_made = [
        ({"a": 1.0, "b": x, "c": y}, t) for x, y, t in np.random.default_rng(0).normal(size=(40, 3)).tolist()
    ]
    regression = BayesianLinearRegression(prior_precision=0.5)
    for features, target in examples_made:
        regression.learn(features, target)
    x = np.array([list(features.values()) for features, _ in examples_made])
    weights = np.linalg.solve(0.5 * np.eye(3) + x.T @ x, x.T @ np.array([target for _, target in examples_made]))
    at = {"a": 1.0, "b": 2.0, "c": -1.0}
    assert regression.predict(at) == pytest.approx(weights @ np.array(list(at.values())), abs=1e-12)
