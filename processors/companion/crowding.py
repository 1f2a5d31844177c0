"""Crowding of a zone in words for the public: numbers of people stay with those who are in charge of them."""

from __future__ import annotations

from schemas.companion import Crowding

LIVELY, BUSY, FULL = 0.5, 0.8, 0.97
"""Shares of the capacity from which a zone is called so; from the last on, no plan leads there either."""

DENSE = {"E": 2, "F": 3}
"""Least position in `ORDER` at a level of density, whatever the share; levels are those of the zone's use."""

ORDER: tuple[Crowding, ...] = ("quiet", "lively", "busy", "full")


def crowding(persons: float, capacity: float, level: str | None) -> Crowding:
    """Return the crowding of a zone.

    >>> crowding(20, 100, "A"), crowding(60, 100, None), crowding(60, 100, "E"), crowding(99, 100, "C")
    ('quiet', 'lively', 'busy', 'full')
    """
    share = persons / capacity
    by_share = sum(share >= limit for limit in (LIVELY, BUSY, FULL))
    return ORDER[max(by_share, DENSE.get(level or "", 0))]
