"""How crowded it feels: Fruin's levels of service for walkways."""

from __future__ import annotations

from bisect import bisect_left
from typing import Literal, cast

Level = Literal["A", "B", "C", "D", "E", "F"]

UPPER_LIMITS = (0.31, 0.43, 0.72, 1.08, 2.17)
"""persons/m² at which A to E end (Fruin, Pedestrian Planning and Design, 1971)"""


def level_of_service(density: float) -> Level:
    """Level for a density in persons/m².

    >>> level_of_service(0.2), level_of_service(1.0), level_of_service(4.0)
    ('A', 'D', 'F')
    """
    return cast(Level, "ABCDEF"[bisect_left(UPPER_LIMITS, density)])
