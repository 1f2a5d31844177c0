"""Opening hours of the venue file, outside of which a feed may be silent."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.ids import BarId
from schemas.venue import Venue

DAY_MINUTES = 24 * 60

LAST_ORDERS_MINUTES = 15
"""Minutes before closing in which sales may end already."""


def is_open(venue: Venue, now: datetime, bar: BarId | None = None) -> bool:
    """Return True if the ground, and the bar if one is given, is open and not about to close.

    What the file does not say counts as open: without a calendar and closing times, at any hour.

    >>> from schemas.bars import BarSettings
    >>> venue = Venue(name="Here", bars=[BarSettings(id="north", closes="02:00")])
    >>> at = datetime.fromisoformat
    >>> [is_open(venue, at(f"2026-07-05T{time}:00+02:00"), "north") for time in ("01:30", "01:50", "02:30", "20:00")]
    [True, False, False, True]
    """
    calendar = venue.calendar
    local = now.astimezone(ZoneInfo(venue.timezone))
    minute = local.hour * 60 + local.minute
    begins = _minutes(calendar.day_begins)
    if calendar.ground_opens and calendar.ground_closes:
        begins = _minutes(calendar.ground_opens)
        if not _is_within(minute, begins, _minutes(calendar.ground_closes)):
            return False
    closings = [_minutes(one.closes) for one in venue.bars if one.id == bar and one.closes]
    return all(_is_within(minute, begins, closes) for closes in closings)


def _is_within(minute: int, opens: int, closes: int) -> bool:
    """Return True from the opening, a minute of the day, until shortly before the closing, also that of the next day.

    >>> _is_within(60, 1200, 420), _is_within(410, 1200, 420), _is_within(800, 360, 360)
    (True, False, True)
    """
    length = (closes - opens) % DAY_MINUTES or DAY_MINUTES
    return (minute - opens) % DAY_MINUTES < length - LAST_ORDERS_MINUTES


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
