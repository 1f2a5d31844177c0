"""How far the kinds of request tell this desk's mails apart: a festival's mails are of many kinds, others of few."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Chances = NDArray[np.float32]

FEW, MANY = 1.3, 2.1
"""Nats that the kind of a mail tells: about 1.2 for questions to a bank, commands to a telephone and a ticket shop, of
which no kind was learnt, and 2.2 for mails to a festival."""

BEFORE = 50
"""mails that the desk is thought to have had before the first, those of a festival"""


class RequestKindStatistics(Struct):
    """What was seen so far: mutual information between mails and kinds (Shannon, 1948), from running means.

    >>> kinds = RequestKindStatistics()
    >>> round(kinds.trust(), 2)
    1.0
    >>> for _ in range(500):
    ...     kinds.count(np.array([0.5, 0.5], np.float32))
    >>> round(kinds.trust(), 2)
    0.0
    """

    mails: int = 0
    chances: list[float] = []
    """sums"""
    entropy: float = 0.0
    """sum"""

    def count(self, chances: Chances) -> None:
        """One mail more.

        Args:
            chances: of each kind, (kinds,), their sum is one.
        """
        self.mails += 1
        before = np.array(self.chances) if self.chances else np.zeros(len(chances))
        self.chances = (before + chances).tolist()
        self.entropy += _entropy(chances)

    def trust(self) -> float:
        """From 0, where kinds tell next to nothing, to 1."""
        told = 0.0
        if self.mails:
            told = _entropy(np.array(self.chances) / self.mails) - self.entropy / self.mails
        nats = (BEFORE * MANY + self.mails * told) / (BEFORE + self.mails)
        return min(1.0, max(0.0, (nats - FEW) / (MANY - FEW)))


def _entropy(chances: NDArray[np.floating]) -> float:
    return float(-(chances * np.log(np.maximum(chances, 1e-9))).sum())
