"""How crowded it feels: Fruin's levels of service for walkways."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, cast

Level = Literal["A", "B", "C", "D", "E", "F"]

UPPER_LIMITS = (0.31, 0.43, 0.72, 1.08, 2.17)
"""persons/m² at which A to E end (Fruin, Pedestrian Planning and Design, 1971)"""


def level_of_service(density: float, upper_limits: Sequence[float] = UPPER_LIMITS) -> Level:
    """Level for a density in persons/m²; `upper_limits` are the five at which A to E end.

    >>> level_of_service(0.2), level_of_service(1.0), level_of_service(4.0)
    ('A', 'D', 'F')
    """
    return cast(Level, "ABCDEF"[bisect_left(upper_limits, density)])
