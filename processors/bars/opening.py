"""When a bar is open, as its sales show: in an hour of the day that hardly ever sees a sale it is closed."""

from __future__ import annotations

from processors.bars.seasonality import SeasonalMean

CLOSED_SHARE = 0.05
"""An hour of the day in which the bar was open less often than this is an hour in which it is closed."""

MEMORY_DAYS = 30.0


def learn_opening(opening: dict[int, SeasonalMean], hour: int, *, sold: bool, slots_an_hour: int) -> None:
    """One slot that began in this hour of the day; `opening` is changed in place."""
    opening.setdefault(hour, SeasonalMean()).add(float(sold), MEMORY_DAYS * slots_an_hour)


def usually_closed(opening: dict[int, SeasonalMean], hour: int, slots_an_hour: int) -> bool:
    """Whether the bar is usually closed in this hour of the day.

    >>> seen: dict[int, SeasonalMean] = {}
    >>> for _ in range(12):
    ...     learn_opening(seen, 4, sold=False, slots_an_hour=4)
    >>> usually_closed(seen, 4, 4), usually_closed(seen, 5, 4)
    (True, False)
    """
    season = opening.get(hour)
    return season is not None and season.seen >= 3 * slots_an_hour and season.mean < CLOSED_SHARE
