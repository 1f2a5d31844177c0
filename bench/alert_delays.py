"""Delays from event to alert: one row of the second table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct


class AlertDelay(Struct, kw_only=True):
    """Seconds from a source handing over the event that raised an alert until the alert is in Redis.

    Attributes:
        level: share of the measured capacity at which events were offered.
        offered: events offered per second; `sent` are those that were really sent, limited by the machine.
        alerts: number of alerts behind the figures; with few of them p99 is the slowest one.
    """

    kind: str
    rule: str
    level: float
    capacity: float
    offered: float
    sent: float
    alerts: int
    p50: float | None = None
    p99: float | None = None


def alert_delay(
    kind: str, rule: str, level: float, capacity: float, sent: float, seconds: Sequence[float]
) -> AlertDelay:
    """Return a row of measured delays.

    >>> found = alert_delay("mail", "mail-urgent", 0.5, 100.0, 49.5, [0.1, 0.2, 0.3])
    >>> found.offered, found.alerts, found.p50
    (50.0, 3, 0.2)
    """
    known = len(seconds) > 0
    return AlertDelay(
        kind=kind,
        rule=rule,
        level=level,
        capacity=capacity,
        offered=level * capacity,
        sent=sent,
        alerts=len(seconds),
        p50=float(np.percentile(seconds, 50)) if known else None,
        p99=float(np.percentile(seconds, 99)) if known else None,
    )
