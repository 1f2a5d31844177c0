"""What heat, rain, a crowd or an act do to the demand for each product, beside its season: the ground of what-ifs.

The forecast itself can't be asked what another weather would do: it sees the pace of the last slots, which tells of
today's weather already. So the surroundings alone are set against the season here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct, field

from processors.bars.bayesian_regression import BayesianLinearRegression, RegressionState

MEMORY = 2000.0
"""slots over which the usual surroundings are averaged"""

MOST_EFFECT = 1.5
"""logarithm: no surroundings are believed to do more than a factor of 4.5"""


class ContextEffectsState(Struct):
    """Part of the bar's row."""

    regressions: dict[str, RegressionState] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    varied: list[str] = field(default_factory=list)


class ContextEffects:
    """One small regression a product: logarithm of sold ÷ season on the features of the context.

    >>> known = ContextEffects()
    >>> for slot in range(200):
    ...     known.meet({"temperature": slot % 2})
    ...     known.learn("water", {"temperature": slot % 2}, 0.7 * (slot % 2))
    >>> 1.9 < known.effect("water", {"temperature": 1.0}, {"temperature": 0.0}) < 2.1
    True
    >>> known.effect("gin", {"temperature": 1.0}, {"temperature": 0.0})
    1.0
    """

    def __init__(self, state: ContextEffectsState | None = None) -> None:
        self._state = state or ContextEffectsState()
        self._regressions = {name: BayesianLinearRegression(found) for name, found in self._state.regressions.items()}

    @property
    def state(self) -> ContextEffectsState:
        """To be stored."""
        self._state.regressions = {name: regression.state() for name, regression in self._regressions.items()}
        return self._state

    @property
    def usual(self) -> dict[str, float]:
        """Mean of each feature."""
        return dict(self._state.usual)

    def telling(self, context: Mapping[str, float]) -> dict[str, float]:
        """Those of the features that have ever been different.

        One that never was tells nothing yet, but would take over a part of the regression's constant: on the first
        day that is not the first day, that part would be missing.
        """
        return {
            name: value
            for name, value in context.items()
            if name in self._state.varied or abs(value - self._state.usual.get(name, value)) > 1e-9
        }

    def meet(self, context: Mapping[str, float]) -> None:
        """Take in the surroundings of a slot."""
        for name, value in context.items():
            seen = self._state.seen[name] = self._state.seen.get(name, 0) + 1
            before = self._state.usual.get(name, value)
            if name not in self._state.varied and abs(value - before) > 1e-9:
                self._state.varied.append(name)
            self._state.usual[name] = before + (value - before) / min(float(seen), MEMORY)

    def learn(self, product: str, context: Mapping[str, float], target: float) -> None:
        """One slot: `target` is the logarithm of what was sold ÷ what the season says."""
        self._regressions.setdefault(product, BayesianLinearRegression()).learn({"one": 1.0, **context}, target)

    def effect(self, product: str, context: Mapping[str, float], instead_of: Mapping[str, float]) -> float:
        """How many times as much is asked for; 1 where nothing was learnt."""
        regression = self._regressions.get(product)
        if regression is None:
            return 1.0
        change = regression.predict({"one": 1.0, **context}) - regression.predict({"one": 1.0, **instead_of})
        return math.exp(min(max(change, -MOST_EFFECT), MOST_EFFECT))
