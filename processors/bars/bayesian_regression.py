"""Online Bayesian linear regression whose state can be stored and restored exactly.

With the prior w ~ N(0, I/α) and noise of variance 1/β the posterior after n examples is N(S·η, S), where
S⁻¹ = α·I + β·Σ x·xᵀ and η = β·Σ y·x (Bishop, Pattern Recognition and Machine Learning, 2006, eq. 3.50 and 3.51). S is
kept up to date by the Sherman–Morrison formula, O(d²) an example. Here β = 1, and features that appear later join with
the prior's variance. The algorithm and its rounding are those of River's `BayesianLinearRegression`, whose state has no
public export.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.linalg.blas import dger

MIN_CAPACITY = 8
"""Rows of the covariance that are allocated at least; it doubles as features appear."""

Array = NDArray[np.float64]


class RegressionState(Struct, frozen=True):
    """Feature names in their order, the posterior covariance S (column-major) and η; float64 as base64."""

    features: tuple[str, ...]
    covariance: str
    natural_mean: str


class BayesianLinearRegression:
    """Bayesian linear regression that learns one example at a time, features by name in any order.

    Args:
        state: as `state` returned it; None to begin with the prior.
        prior_precision: α of the prior.

    >>> regression = BayesianLinearRegression()
    >>> for x in range(20):
    ...     regression.learn({"one": 1.0, "x": float(x)}, 3.0 * x + 1.0)
    >>> round(regression.predict({"one": 1.0, "x": 30.0}))
    91
    >>> restored = BayesianLinearRegression(regression.state())
    >>> restored.predict({"one": 1.0, "x": 7.0}) == regression.predict({"one": 1.0, "x": 7.0})
    True
    """

    def __init__(self, state: RegressionState | None = None, *, prior_precision: float = 1.0) -> None:
        self._prior_variance = 1.0 / prior_precision
        self._state = state
        self._index: dict[str, int] = {}
        self._covariance: Array = np.zeros((0, 0), order="F")
        self._natural_mean: Array = np.zeros(0)
        if state is not None:
            self._index = {name: place for place, name in enumerate(state.features)}
            covariance = _decoded(state.covariance)
            capacity = round(len(covariance) ** 0.5)
            self._covariance = np.asfortranarray(covariance.reshape(capacity, capacity, order="F"))
            self._natural_mean = _decoded(state.natural_mean)
        self._weights: Array | None = None

    def predict(self, features: Mapping[str, float]) -> float:
        """Return the posterior mean of the target; unknown features count as absent."""
        if self._weights is None:
            self._weights = self._covariance @ self._natural_mean
        total = 0.0
        for name, value in features.items():
            place = self._index.get(name)
            if place is not None:
                total += self._weights[place] * value
        return float(total)

    def learn(self, features: Mapping[str, float], target: float) -> None:
        """Update the posterior with one example; features left out are 0."""
        for name in features:
            self._index.setdefault(name, len(self._index))
        self._reserve(len(self._index))
        x = np.zeros(len(self._natural_mean))
        for name, value in features.items():
            x[self._index[name]] = value
        gain = self._covariance @ x
        scale = -1 / (1 + x @ gain)
        self._covariance = dger(scale, gain, x @ self._covariance, a=self._covariance, overwrite_a=1)
        self._natural_mean += x * target
        self._state = self._weights = None

    def inflate_covariance(self, factor: float) -> None:
        """Multiply the covariance by `factor` and keep the mean, so that later examples weigh more."""
        self._covariance = self._covariance * factor
        self._natural_mean = self._natural_mean / factor
        self._state = self._weights = None

    def state(self) -> RegressionState:
        """Return all that later predictions depend on; encoded again only after a change."""
        if self._state is None:
            names = tuple(sorted(self._index, key=self._index.__getitem__))
            covariance = self._covariance.flatten(order="F")
            self._state = RegressionState(names, _encoded(covariance), _encoded(self._natural_mean))
        return self._state

    def _reserve(self, features: int) -> None:
        capacity = len(self._natural_mean)
        if features <= capacity:
            return
        grown = max(features, MIN_CAPACITY, 2 * capacity)
        covariance = np.eye(grown, order="F") * self._prior_variance
        natural_mean = np.zeros(grown)
        covariance[:capacity, :capacity] = self._covariance
        natural_mean[:capacity] = self._natural_mean
        self._covariance, self._natural_mean = covariance, natural_mean


def _encoded(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _decoded(text: str) -> Array:
    return np.frombuffer(base64.b64decode(text), np.float64).copy()
