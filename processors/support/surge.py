"""Arrival rates from exponentially decaying counters, and the surge ratio of a cluster against its baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field

RECENT_MINUTES, BASELINE_MINUTES = 15.0, 240.0
"""Time constants of the two counters in minutes: after that time a message counts 1/e."""

MIN_BASELINE_MAILS = 1.5
"""Lower bound of the baseline, in mails per `RECENT_MINUTES`, so that two mails of a new cluster are not a surge."""

PRIOR_MINUTES = 30.0
"""Weight of the prior rate, in minutes of observation: after so many minutes the cluster's own past outweighs it."""

PRIOR_SHARE = 0.25
"""Share of all mail that one cluster may have without being a surge while the desk has no history."""


class ArrivalRate(Struct):
    """Two exponentially decaying counters of messages, over `RECENT_MINUTES` and `BASELINE_MINUTES`.

    With the arrival times tᵢ, the counter with time constant τ is Σ exp(-(t - tᵢ) / τ), in constant space.

    >>> from datetime import timedelta
    >>> start = datetime(2026, 7, 4, 18)
    >>> rate = ArrivalRate(start)
    >>> for minute in range(4):
    ...     rate.count(start + timedelta(minutes=minute))
    >>> round(rate.recent, 2), round(rate.baseline, 2)
    (3.63, 3.98)
    """

    at: datetime
    """Time up to which the counters have decayed: that of the last message."""
    recent: float = field(name="now", default=0.0)
    """Messages, decaying with `RECENT_MINUTES`."""
    baseline: float = field(name="usual", default=0.0)
    """Messages, decaying with `BASELINE_MINUTES`."""

    def decay(self, at: datetime) -> None:
        """Advance the counters to `at`; an earlier time changes nothing."""
        minutes = (at - self.at).total_seconds() / 60
        if minutes > 0:
            self.recent *= math.exp(-minutes / RECENT_MINUTES)
            self.baseline *= math.exp(-minutes / BASELINE_MINUTES)
            self.at = at

    def count(self, at: datetime) -> None:
        """Count one message; a late one counts as if it came at the time of the last."""
        self.decay(at)
        self.recent += 1
        self.baseline += 1

    def merge(self, other: ArrivalRate) -> None:
        """Add the messages of another rate."""
        self.decay(other.at)
        late = (self.at - other.at).total_seconds() / 60
        self.recent += other.recent * math.exp(-late / RECENT_MINUTES)
        self.baseline += other.baseline * math.exp(-late / BASELINE_MINUTES)

    @classmethod
    def sum_of(cls, rates: Sequence[ArrivalRate]) -> ArrivalRate:
        """Return the rate of the messages of all, at the time of the last."""
        total = cls(max(rate.at for rate in rates))
        for rate in rates:
            total.merge(rate)
        return total


def surge_ratio(cluster: ArrivalRate, all_mail: ArrivalRate, since: datetime) -> float:
    """Return the mails of a cluster within the last `RECENT_MINUTES` divided by its baseline.

    The baseline is the posterior mean of a Poisson rate with a gamma prior (Gelman et al., Bayesian Data Analysis, 2.6)
    from the cluster's earlier mails, without the recent ones, over the time that the desk has been open. The prior rate
    is `MIN_BASELINE_MAILS`, or `PRIOR_SHARE` of what the whole desk receives now, so that nothing surges when everybody
    begins to write in the first minutes. It has the weight of `PRIOR_MINUTES`.

    Args:
        cluster: arrival rate of the cluster, at its last mail.
        all_mail: arrival rate of all mail.
        since: time at which the desk's first mail was sent.
    """
    open_minutes = max(0.0, (cluster.at - since).total_seconds() / 60)
    # The time that the decaying counters stand for: that of the baseline less that of the recent one.
    baseline_minutes = BASELINE_MINUTES * (1 - math.exp(-open_minutes / BASELINE_MINUTES))
    recent_minutes = RECENT_MINUTES * (1 - math.exp(-open_minutes / RECENT_MINUTES))
    observed = max(0.0, baseline_minutes - recent_minutes)
    prior = max(MIN_BASELINE_MAILS, PRIOR_SHARE * all_mail.recent * math.exp(-observed / PRIOR_MINUTES))
    earlier = max(0.0, cluster.baseline - cluster.recent)
    expected = RECENT_MINUTES * (prior * PRIOR_MINUTES / RECENT_MINUTES + earlier) / (PRIOR_MINUTES + observed)
    return cluster.recent / max(MIN_BASELINE_MAILS, expected)
