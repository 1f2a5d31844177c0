"""Festival days, and the hours of places and paths.

A festival day runs from 06:00 to 06:00 and carries the date of its evening: a set at 01:45 belongs to the day before.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.venue_map import Hours

DAY_BEGINS = time(6)
"""Local time at which a festival day begins."""


def festival_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the festival day of a moment.

    >>> festival_day(datetime(2027, 7, 10, 1, 45, tzinfo=ZoneInfo("Europe/Madrid")), ZoneInfo("Europe/Madrid"))
    datetime.date(2027, 7, 9)
    """
    local = moment.astimezone(zone)
    return local.date() if local.time() >= DAY_BEGINS else local.date() - timedelta(days=1)


def opening_interval(hours: Hours, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when something opens and closes on a festival day.

    Opening times before 06:00 are on the morning after the evening; a closing time that is not after the opening time
    is on the next morning.
    """
    if hours.all_day:
        begin = datetime.combine(day, DAY_BEGINS, zone)
        return begin, datetime.combine(day + timedelta(days=1), DAY_BEGINS, zone)
    opening_date = day if hours.opens >= DAY_BEGINS else day + timedelta(days=1)
    closing_date = opening_date if hours.closes > hours.opens else opening_date + timedelta(days=1)
    return datetime.combine(opening_date, hours.opens, zone), datetime.combine(closing_date, hours.closes, zone)


def is_open(hours: Hours | None, moment: datetime, zone: ZoneInfo) -> bool:
    """Return True from the opening time on and before the closing time; always where there are no hours."""
    return hours is None or hours.all_day or _current_interval(hours, moment, zone) is not None


def closing_time(hours: Hours | None, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when something that is open at a moment closes; None if it is closed, or never closes."""
    if hours is None or hours.all_day:
        return None
    current = _current_interval(hours, moment, zone)
    return current[1] if current else None


def _current_interval(hours: Hours, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    day = festival_day(moment, zone)
    # The day before too: something may close after 06:00.
    for candidate in (day, day - timedelta(days=1)):
        opens, closes = opening_interval(hours, candidate, zone)
        if opens <= moment < closes:
            return opens, closes
    return None
