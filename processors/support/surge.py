"""How fast mails come now, against how fast they usually do: counts that fade, in constant space."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct

NOW_MINUTES, USUAL_MINUTES = 15.0, 240.0

FEWEST = 1.5
"""Mails within `NOW_MINUTES` that are usual for any cluster, so that two mails are no surge."""

BELIEF_MINUTES = 30.0
"""How long a desk must have been open until its own history outweighs what is assumed before."""

SHARE = 0.25
"""Part of all mail that one matter may take, before there is any history, without being a surge."""


class ArrivalRate(Struct):
    """Mails, fading over two lengths of time.

    >>> from datetime import timedelta
    >>> start = datetime(2026, 7, 4, 18)
    >>> pace = ArrivalRate(start)
    >>> for minute in range(4):
    ...     pace.count(start + timedelta(minutes=minute))
    >>> round(pace.now, 2), round(pace.usual, 2)
    (3.63, 3.98)
    """

    at: datetime
    now: float = 0.0
    """mails of the last minutes, fading with `NOW_MINUTES`"""
    usual: float = 0.0
    """the same fading with `USUAL_MINUTES`"""

    def fade(self, at: datetime) -> None:
        """Let the time until `at` pass; going back changes nothing."""
        minutes = (at - self.at).total_seconds() / 60
        if minutes > 0:
            self.now *= math.exp(-minutes / NOW_MINUTES)
            self.usual *= math.exp(-minutes / USUAL_MINUTES)
            self.at = at

    def count(self, at: datetime) -> None:
        """One mail; one that is late counts as if it came now."""
        self.fade(at)
        self.now += 1
        self.usual += 1

    def add(self, other: ArrivalRate) -> None:
        """Take over the mails of another."""
        self.fade(other.at)
        late = (self.at - other.at).total_seconds() / 60
        self.now += other.now * math.exp(-late / NOW_MINUTES)
        self.usual += other.usual * math.exp(-late / USUAL_MINUTES)

    def less(self, other: ArrivalRate) -> None:
        """Give away the mails of another, which were counted here, too."""
        self.fade(other.at)
        late = (self.at - other.at).total_seconds() / 60
        self.now = max(0.0, self.now - other.now * math.exp(-late / NOW_MINUTES))
        self.usual = max(0.0, self.usual - other.usual * math.exp(-late / USUAL_MINUTES))


def surge_ratio(one: ArrivalRate, everything: ArrivalRate, since: datetime) -> float:
    """Mails of a matter within the last `NOW_MINUTES` ÷ what is usual for it.

    What is usual is the mean of a gamma distribution: the matter's earlier mails, without those of now, over the time
    that the desk was open, and before that an assumption: `FEWEST`, or `SHARE` of what the whole desk gets now, so that
    nothing surges when everybody begins to write at once in the first minutes.

    Args:
        one: pace of the matter, at its last mail.
        everything: pace of all mail.
        since: when the desk's first mail was sent.
    """
    open_minutes = max(0.0, (one.at - since).total_seconds() / 60)
    # The time that the fading counts stand for, less the part that `now` stands for.
    usual_minutes = USUAL_MINUTES * (1 - math.exp(-open_minutes / USUAL_MINUTES))
    now_minutes = NOW_MINUTES * (1 - math.exp(-open_minutes / NOW_MINUTES))
    seen = max(0.0, usual_minutes - now_minutes)
    belief = max(FEWEST, SHARE * everything.now * math.exp(-seen / BELIEF_MINUTES))
    earlier = max(0.0, one.usual - one.now)
    usual = NOW_MINUTES * (belief * BELIEF_MINUTES / NOW_MINUTES + earlier) / (BELIEF_MINUTES + seen)
    return one.now / max(FEWEST, usual)
