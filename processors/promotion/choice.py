"""Thompson sampling with a uniform share, by declared taste; the probability of each choice is known exactly.

The response rate of each variant has a beta posterior for each taste. Showings to people of other tastes count as a
small prior, so that a taste that is new begins with what the others like. Ten percent of the choices are uniform, for
ever: every variant keeps a probability that the estimate by inverse propensity can divide by.

Chapelle and Li 2011, "An Empirical Evaluation of Thompson Sampling"; sampling is River's.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import bandit, proba
from scipy import stats

from schemas.promotion import VariantCount, VariantId

UNIFORM_SHARE = 0.1
"""Share of the choices in which each variant is equally probable."""

PRIOR_STRENGTH = 20.0
"""Most showings to people of other tastes that count for a taste."""

GRID_POINTS = 500
"""Points at which posteriors are compared, evenly by the probability of their mean."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beta distribution of a response rate.

    Attributes:
        alpha: one and the responses.
        beta: one and the showings without a response so far.
    """

    alpha: float
    beta: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen variant, and the probability with which it was chosen."""

    variant: VariantId
    propensity: float


class _PosteriorSampling(bandit.ThompsonSampling):
    """River's Thompson sampling, begun with posteriors that were counted elsewhere."""

    def __init__(self, posteriors: Mapping[VariantId, Posterior], seed: int) -> None:
        super().__init__(reward_obj=proba.Beta(), seed=seed)
        for name, one in posteriors.items():
            # River's annotations say int; a beta distribution takes any positive number.
            alpha: Any = one.alpha
            beta: Any = one.beta
            self._rewards[name] = proba.Beta(alpha, beta, seed=self._rng.randrange(2**32))


def posteriors_of(
    variants: Sequence[VariantId], counts: Sequence[VariantCount], taste: str
) -> dict[VariantId, Posterior]:
    """Return the posterior of each variant for people of a taste.

    >>> posteriors_of([VariantId("a")], [], "rock")
    {'a': Posterior(alpha=1.0, beta=1.0)}
    """
    found = {}
    for variant in variants:
        own = [one for one in counts if one.variant == variant and one.taste == taste]
        others = [one for one in counts if one.variant == variant and one.taste != taste]
        shown, responses = sum(one.shown for one in own), sum(one.responses for one in own)
        shown_others, responses_others = sum(one.shown for one in others), sum(one.responses for one in others)
        weight = min(1.0, PRIOR_STRENGTH / shown_others) if shown_others else 0.0
        found[variant] = Posterior(
            1.0 + responses + weight * responses_others,
            1.0 + max(0, shown - responses) + weight * max(0, shown_others - responses_others),
        )
    return found


def propensities(posteriors: Mapping[VariantId, Posterior]) -> dict[VariantId, float]:
    """Return the probability with which `Policy.choose` takes each variant.

    The probability that a posterior has the largest sample is the integral of its density times the distribution
    functions of the others.

    >>> propensities({VariantId("a"): Posterior(1, 1), VariantId("b"): Posterior(1, 1)})
    {'a': 0.5, 'b': 0.5}
    """
    share = UNIFORM_SHARE / len(posteriors)
    largest = _probabilities_of_largest(list(posteriors.values()))
    return {name: share + (1 - UNIFORM_SHARE) * float(chance) for name, chance in zip(posteriors, largest, strict=True)}


@dataclass(frozen=True, slots=True)
class Policy:
    """Chooses among the approved variants for people of one taste.

    Attributes:
        posteriors: of the response rates.
        chances: probability of each variant, as `propensities` computes it.
    """

    posteriors: dict[VariantId, Posterior]
    chances: dict[VariantId, float]

    @classmethod
    def of(cls, variants: Sequence[VariantId], counts: Sequence[VariantCount], taste: str) -> Policy:
        """Return the policy that follows from what was counted.

        Raises:
            ValueError: there is no variant.
        """
        if not variants:
            raise ValueError("there is no approved variant to choose from")
        posteriors = posteriors_of(variants, counts, taste)
        return cls(posteriors, propensities(posteriors))

    def choose(self, seed: int) -> Choice:
        """Choose a variant: uniformly in a tenth of the cases, otherwise by Thompson sampling."""
        generator = random.Random(seed)
        if generator.random() < UNIFORM_SHARE:
            variant = generator.choice(list(self.posteriors))
        else:
            sampling = _PosteriorSampling(self.posteriors, generator.randrange(2**32))
            variant = VariantId(str(sampling.pull(list(self.posteriors))))
        return Choice(variant, self.chances[variant])


def _probabilities_of_largest(posteriors: Sequence[Posterior]) -> NDArray[np.float64]:
    """Return for each distribution the probability that its sample is the largest, (n,)."""
    alphas, betas = (np.array([getattr(one, name) for one in posteriors])[:, None] for name in ("alpha", "beta"))
    middles = (np.arange(GRID_POINTS) + 0.5) / GRID_POINTS
    # Each integral is over the quantiles of its own distribution, so that narrow ones are met as well as wide ones.
    found = np.empty(len(posteriors))
    for place, one in enumerate(posteriors):
        points = stats.beta.ppf(middles, one.alpha, one.beta)
        others = np.delete(np.arange(len(posteriors)), place)
        found[place] = stats.beta.cdf(points, alphas[others], betas[others]).prod(axis=0).mean()
    shares: NDArray[np.float64] = found / found.sum()
    return shares
