"""Information that request kinds give about the mails of this desk.

A festival's mails are of many request kinds; those of another desk may all be of a few, and then the kinds must not
weigh in the clusters.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

MIN_NATS, MAX_NATS = 1.3, 2.1
"""Mutual information, in nats, at which request kinds weigh nothing and fully in the clusters.

Measured: about 1.2 for questions to a bank, commands to a telephone and a ticket shop, none of whose kinds was learnt;
2.2 for mails to a festival."""

PRIOR_MAILS = 50
"""Weight of the prior, in mails: a desk starts as if it had received so many festival mails."""


class RequestKindStatistics(Struct):
    """Running estimate of the mutual information between mails and request kinds (Shannon, 1948).

    I = H(mean of p) - mean of H(p), with the request kind probabilities p of each mail, in nats.

    >>> statistics = RequestKindStatistics()
    >>> round(statistics.weight(), 2)
    1.0
    >>> for _ in range(500):
    ...     statistics.add(np.array([0.5, 0.5], np.float32))
    >>> round(statistics.weight(), 2)
    0.0
    """

    mails: int = 0
    probability_sums: list[float] = field(name="chances", default_factory=list)
    """Sum of the probabilities of each request kind."""
    entropy_sum: float = field(name="entropy", default=0.0)
    """Sum of the entropies of the mails, in nats."""

    def add(self, probabilities: NDArray[np.float32]) -> None:
        """Add one mail.

        Args:
            probabilities: of each request kind, (kinds,), with the sum 1.
        """
        self.mails += 1
        before = np.array(self.probability_sums) if self.probability_sums else np.zeros(len(probabilities))
        self.probability_sums = (before + probabilities).tolist()
        self.entropy_sum += _entropy(probabilities)

    def weight(self) -> float:
        """Return the weight of request kinds in the clusters, from 0 to 1."""
        information = 0.0
        if self.mails:
            information = _entropy(np.array(self.probability_sums) / self.mails) - self.entropy_sum / self.mails
        nats = (PRIOR_MAILS * MAX_NATS + self.mails * information) / (PRIOR_MAILS + self.mails)
        return min(1.0, max(0.0, (nats - MIN_NATS) / (MAX_NATS - MIN_NATS)))


def _entropy(probabilities: NDArray[np.floating]) -> float:
    return float(-(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum())
