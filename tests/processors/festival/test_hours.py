from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from processors.festival.hours import closing_time, festival_day, is_open
from schemas.venue_map import Hours

MADRID = ZoneInfo("Europe/Madrid")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 7, day, hour, minute, tzinfo=MADRID)


@pytest.mark.parametrize(
    ("moment", "day"),
    [(at(10, 5, 59), 9), (at(10, 6), 10), (at(10, 23, 59), 10), (at(11, 0), 10)],
)
def test_festival_day_runs_from_six_to_six(moment: datetime, day: int) -> None:
    assert festival_day(moment, MADRID) == date(2027, 7, day)


@pytest.mark.parametrize(
    ("opens", "closes", "moment", "expected"),
    [
        (time(14), time(5), at(10, 13, 59), False),
        (time(14), time(5), at(10, 14), True),
        (time(14), time(5), at(11, 4, 59), True),
        (time(14), time(5), at(11, 5), False),
        (time(0), time(4), at(11, 1), True),  # the morning after the evening
        (time(0), time(4), at(10, 23), False),
        (time(18), time(8), at(11, 7), True),  # closes after the next festival day has begun
    ],
)
def test_hours_past_midnight_belong_to_the_evening(opens: time, closes: time, moment: datetime, expected: bool) -> None:
    assert is_open(Hours(opens=opens, closes=closes), moment, MADRID) is expected


def test_closing_time_is_none_where_nothing_closes() -> None:
    hours = Hours(opens=time(14), closes=time(2))
    assert closing_time(hours, at(10, 15), MADRID) == at(11, 2)
    assert closing_time(hours, at(10, 3), MADRID) is None
    assert closing_time(None, at(10, 15), MADRID) is None
    assert is_open(None, at(10, 3), MADRID)
