"""Festival days and times of day that a question names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from processors.assistant.lexicon import Lexicon
from processors.festival.hours import DAY_BEGINS, festival_day

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_MONTHS_EN = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DATE = re.compile(
    r"\b(?:el|dia|the|on|del)?\s*(\d{1,2})(?:st|nd|rd|th)?\s+(?:de|of)?\s*("
    + "|".join(_MONTHS + _MONTHS_EN)
    + r"|jul|jun)\b"
    r"|\b(" + "|".join(_MONTHS_EN) + r"|jul)\s+(\d{1,2})(?:st|nd|rd|th)?\b"
    r"|\b(?:el dia|dia|the|el|del)\s+(\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d)(?!\s*(?:min|euro|year|ano|%|metro))"
)
_CLOCK = re.compile(r"\b([01]?\d|2[0-4])[:.]([0-5]\d)\b(?:\s*(am|pm|h))?")
_HOUR = re.compile(
    r"\b(?:a|sobre|hacia|desde|de|para|hasta|antes de|despues de"
    r"|partir de)?\s*las?\s+(\d{1,2})\b(?![:.]\d)(\s+y\s+(?:media|cuarto))?(?:\s*(h\b|pm|am|de la (?:tarde"
    r"|noche|manana|madrugada)|en punto))?"
    r"|\b(?:at|around|after|before|by|from|until|till|about|past"
    r"|since)\s+(?:about\s+)?(\d{1,2})\b(?![:.]\d)(?!\s*(?:min|year|euro|percent|litre|metre|people))(?:\s*(am"
    r"|pm|oclock|o clock))?"
    r"|\b(\d{1,2})\s*(h|pm|am|oclock|o clock|de la (?:tarde|noche|manana|madrugada))\b"
)
_WORD_HOURS = {
    "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_WORD_HOUR = re.compile(
    r"\b(?:(?:a|sobre|de|hacia|desde)\s+)?las?\s+("
    + "|".join(list(_WORD_HOURS)[:12])
    + r")\b(\s+y\s+(?:media|cuarto))?(?:\s*(de la (?:tarde|noche|manana|madrugada)))?"
    r"|\b(half past|quarter past|at|around|after|by|before)\s+("
    + "|".join(list(_WORD_HOURS)[12:])
    + r")\b(?!\s+(?:min|of|or|day|person|act|band))"
)
_MIDNIGHT = re.compile(r"\b(?:medianoche|midnight|media noche)\b")
_RELATIVE = re.compile(
    r"\b(?:en|dentro de|in)\s+(?:(media hora|half an hour)|(una hora|an hour|one hour)|(\d{1,3})\s*(?:min\w*)"
    r"|(\d{1,2})\s*(?:hora\w*|hour\w*))\b"
)


@dataclass(frozen=True, slots=True)
class Moments:
    """Times that a question names.

    Attributes:
        days: festival days, in order.
        tonight: only what is from 20:00 on.
        clock: time of day; the day is `days[0]` or the present one.
        moment: the time as a moment, where the question names one.
        relation: `at`, `after` or `before` the moment.
        past: the question speaks of a day before the present one.
    """

    days: tuple[date, ...] = ()
    tonight: bool = False
    moment: datetime | None = None
    relation: str = "at"
    afternoon: bool = False


def read_moments(text: str, now: datetime, festival_days: tuple[date, ...], zone: ZoneInfo, words: Lexicon) -> Moments:
    """Return the days and times that a normalised question names.

    Args:
        now: when it is asked.
        festival_days: days of the programme; "Saturday" is the one among them, if there is one.
    """
    today = festival_day(now, zone)
    names = words.names("days", _without_mornings(text))
    days = _named_days(names, today, festival_days)
    days += [day for day in _dates(text, today, festival_days) if day not in days]
    moment = _moment(text, now, days[0] if days else today, zone)
    relation = "at"
    if re.search(
        r"\b(?:despues de|a partir de|desde|after|from|later than|pasadas|mas tarde de)\s+(?:las?|medianoche"
        r"|midnight|\d|half|about)",
        text,
    ):
        relation = "after"
    elif re.search(r"\b(?:antes de|before|earlier than)\s+(?:las?|medianoche|midnight|\d|half|about)", text):
        relation = "before"
    return Moments(
        tuple(sorted(days)),
        "tonight" in names,
        moment,
        relation,
        bool(re.search(r"\b(?:esta tarde|por la tarde|this afternoon|in the afternoon)\b", text)),
    )


def _without_mornings(text: str) -> str:
    """Remove "por la mañana" and the like, which do not mean tomorrow."""
    return re.sub(r"\b(?:por|de|a|en) la manana\b|\besta manana\b", " ", text)


def _named_days(names: frozenset[str], today: date, festival_days: tuple[date, ...]) -> list[date]:
    days = []
    if names & {"today", "tonight"}:
        days.append(today)
    if "after_tomorrow" in names:
        days.append(today + timedelta(days=2))
    elif "tomorrow" in names:
        days.append(today + timedelta(days=1))
    if "yesterday" in names:
        days.append(today - timedelta(days=1))
    for number, name in enumerate(_WEEKDAYS):
        if name in names:
            days.append(_weekday(number, today, festival_days))
    return sorted(set(days))


def _weekday(number: int, today: date, festival_days: tuple[date, ...]) -> date:
    for day in festival_days:
        if day.weekday() == number:
            return day
    return today + timedelta(days=(number - today.weekday()) % 7)


def _dates(text: str, today: date, festival_days: tuple[date, ...]) -> list[date]:
    found = []
    year = festival_days[0].year if festival_days else today.year
    for match in _DATE.finditer(text):
        number = int(match[1] or match[4] or match[5])
        name = match[2] or match[3]
        if name is None:
            near = [day for day in festival_days if day.day == number]
            found += near[:1]
            continue
        month = next(
            (names.index(name) + 1 for names in (_MONTHS, _MONTHS_EN) if name in names), 7 if name == "jul" else 6
        )
        try:
            found.append(date(year, month, number))
        except ValueError:
            continue
    return found


def _moment(text: str, now: datetime, day: date, zone: ZoneInfo) -> datetime | None:
    relative = _RELATIVE.search(text)
    if relative is not None:
        minutes = (
            30 if relative[1] else 60 if relative[2] else int(relative[3]) if relative[3] else 60 * int(relative[4])
        )
        return now + timedelta(minutes=minutes)
    clock = _clock(text)
    if clock is None:
        return None
    on = day if clock >= DAY_BEGINS else day + timedelta(days=1)
    return datetime.combine(on, clock, zone)


def _clock(text: str) -> time | None:
    """Return a time of day; hours below 12 without a part of the day are in the evening or after midnight."""
    match = _CLOCK.search(text)
    if match is not None:
        hour = int(match[1]) % 24
        if (match[3] == "pm" and hour < 12) or (match[3] is None and 6 <= hour < 12 and len(match[1]) == 1):
            hour += 12
        return time(hour % 24, int(match[2]))
    if _MIDNIGHT.search(text):
        return time(0)
    match = _HOUR.search(text)
    if match is not None:
        number = int(match[1] or match[4] or match[6])
        part = match[3] or match[5] or match[7] or ""
        if number > 24:
            return None
        return time(_evening_hour(number, part), _minutes(match[2] or ""))
    match = _WORD_HOUR.search(text)
    if match is not None:
        number = _WORD_HOURS[match[1] or match[5]]
        minutes = _minutes(match[2] or "") or {"half past": 30, "quarter past": 15}.get(match[4] or "", 0)
        return time(_evening_hour(number, match[3] or ""), minutes)
    return None


def _minutes(text: str) -> int:
    return 30 if "media" in text else 15 if "cuarto" in text else 0


def _evening_hour(number: int, part: str) -> int:
    """Return the hour of the day that somebody at a festival means.

    >>> [_evening_hour(*hour) for hour in ((9, ""), (2, ""), (12, ""), (10, "am"), (21, "h"))]
    [21, 2, 0, 10, 21]
    """
    number %= 24
    if part == "pm" or "tarde" in part or "noche" in part:
        return (
            number + 12
            if 3 <= number < 12
            else (
                12
                if number == 12 and part == "pm"
                else 0
                if number == 12
                else number + (12 if part == "pm" and number else 0)
            )
        )
    if part == "am" or "manana" in part or "madrugada" in part:
        return 0 if number == 12 else number
    if 5 <= number < 12:
        return number + 12
    return 0 if number == 12 else number
