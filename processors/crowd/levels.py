"""Levels of density from A (free) to F (dangerous), by what a zone is for.

The same density is comfortable before a stage and a jam in a corridor, so each use has its own table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import cast

from schemas.crowd import Level, ZoneUse

UPPER_LIMITS: Mapping[ZoneUse, tuple[float, float, float, float, float]] = {
    "standing": (1.0, 2.5, 3.5, 5.0, 7.1),
    "queue": (0.83, 1.11, 1.43, 3.33, 5.0),
    "walkway": (0.31, 0.43, 0.72, 1.08, 2.17),
    "stairs": (0.54, 0.72, 1.08, 1.54, 2.69),
}
"""Densities in persons/m² at which the levels A to E end.

Standing: bands of control rooms (Still, Introduction to Crowd Science, 2014: free, stable, capacity, unstable,
congested), and 7.1, from which a standing crowd is critical. Queue, walkway and stairs: Fruin, Pedestrian Planning and
Design, 1971. People on seats have no table: seats limit their density, and the capacity says whether it is full.
"""


def level_of_service(density: float, use: ZoneUse, upper_limits: Sequence[float] | None = None) -> Level | None:
    """Return the level of a density.

    Args:
        density: persons/m².
        use: what the zone is for.
        upper_limits: the five densities at which the levels A to E end; those of the use if None.

    Returns:
        None for people on seats, unless limits are given.

    >>> level_of_service(1.5, "standing"), level_of_service(1.5, "walkway"), level_of_service(1.5, "seated")
    ('B', 'E', None)
    """
    limits = upper_limits or UPPER_LIMITS.get(use)
    return cast(Level, "ABCDEF"[bisect_left(limits, density)]) if limits else None
