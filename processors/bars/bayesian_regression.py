"""River's Bayesian linear regression with a state that can be written down and read back exactly."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from river.linear_model import BayesianLinearRegression as RiverRegression


class RegressionState(Struct, frozen=True):
    """Names of the features in their order, the posterior covariance and the natural mean (float64, base64)."""

    features: tuple[str, ...]
    covariance: str
    natural_mean: str


class BayesianLinearRegression:
    """Bayesian linear regression (Bishop 2006, 3.3) that learns one example at a time, in any order of features.

    >>> regression = BayesianLinearRegression()
    >>> for x in range(20):
    ...     regression.learn({"one": 1.0, "x": float(x)}, 3.0 * x + 1.0)
    >>> round(regression.predict({"one": 1.0, "x": 30.0}))
    91
    >>> again = BayesianLinearRegression(regression.state())
    >>> again.predict({"one": 1.0, "x": 7.0}) == regression.predict({"one": 1.0, "x": 7.0})
    True
    """

    def __init__(self, state: RegressionState | None = None, *, prior_precision: float = 1.0) -> None:
        self._model = RiverRegression(alpha=prior_precision, beta=1.0)
        self._state = state
        if state is not None:
            inverse = _array(state.covariance)
            capacity = round(len(inverse) ** 0.5)
            model = self._model
            model._idx = {name: i for i, name in enumerate(state.features)}
            model._n, model._cap = len(state.features), capacity
            model._ss_inv_arr = np.asfortranarray(inverse.reshape(capacity, capacity, order="F"))
            model._ss_arr = _precision(model._ss_inv_arr)
            model._eta_arr = _array(state.natural_mean)
            model._m_dirty = True

    def predict(self, features: Mapping[str, float]) -> float:
        """Posterior mean."""
        return float(self._model.predict_one(dict(features)))

    def learn(self, features: Mapping[str, float], target: float) -> None:
        """One example."""
        self._model.learn_one(dict(features), target)
        self._state = None

    def doubt(self, factor: float) -> None:
        """Believe the same, `factor` times less surely, so that what comes now teaches so much more."""
        model = self._model
        model._ss_inv_arr = model._ss_inv_arr * factor
        model._ss_arr = model._ss_arr / factor
        model._eta_arr = model._eta_arr / factor
        model._m_dirty = True
        self._state = None

    def state(self) -> RegressionState:
        """All that later predictions depend on; written anew only after something was learnt."""
        if self._state is not None:
            return self._state
        model = self._model
        names = tuple(str(name) for name in sorted(model._idx, key=model._idx.__getitem__))
        covariance = np.asarray(model._ss_inv_arr, np.float64).flatten(order="F")
        self._state = RegressionState(names, _text(covariance), _text(np.asarray(model._eta_arr, np.float64)))
        return self._state


def _precision(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(covariance), np.float64) if covariance.size else covariance.copy()


def _text(array: NDArray[np.float64]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _array(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text), np.float64).copy()
