"""What the venue's calendar tells the demand model of a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas.calendar import Calendar


def calendar_features(calendar: Calendar, local: datetime) -> dict[str, float]:
    """One number for each thing that the calendar knows; `local` is the venue's time.

    >>> festival = Calendar(first_day="2026-07-03", last_day="2026-07-05", ground_opens="16:00", ground_closes="03:00")
    >>> calendar_features(festival, datetime(2026, 7, 4, 2, 30))
    {'first_day': 1.0, 'last_day': 0.0, 'ground_open': 1.0}
    >>> calendar_features(Calendar(), datetime(2026, 7, 4, 2, 30))
    {}
    """
    hour, minute = (int(part) for part in calendar.day_begins.split(":"))
    day = (local - timedelta(hours=hour, minutes=minute)).date()
    found: dict[str, float] = {}
    if calendar.first_day is not None:
        found["first_day"] = float(day == calendar.first_day)
    if calendar.last_day is not None:
        found["last_day"] = float(day == calendar.last_day)
    if calendar.holidays:
        found["holiday"] = float(day in calendar.holidays)
    if calendar.ground_opens is not None and calendar.ground_closes is not None:
        now, opens, closes = f"{local:%H:%M}", calendar.ground_opens, calendar.ground_closes
        found["ground_open"] = float(opens <= now < closes if opens < closes else now >= opens or now < closes)
    return found
