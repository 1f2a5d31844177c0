"""Report of a day: the figures, as they are stored, printed and summed over longer periods.

Figures that nobody measured are None or missing, never 0.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.errors import PulsoError
from schemas.venue import Venue


class DayError(PulsoError, ValueError):
    """A day can't be reported: it is not a date, or has not begun."""


class DayBounds(Struct, frozen=True):
    """A festival day: from the hour at which days begin in the venue file to the same hour of the next day."""

    day: date
    begin: datetime
    end: datetime

    def __contains__(self, time: datetime) -> bool:
        """Return True if a time belongs to the day."""
        return self.begin <= time < self.end


class Point(Struct, frozen=True):
    """People at a time."""

    time: datetime
    persons: float


class PlaceFigures(Struct, frozen=True):
    """People of a zone or of the whole venue.

    Attributes:
        zone: id of the zone, or `venue`.
        limit: people allowed; None where the venue file has none.
        peak: highest count; None where nothing was counted.
        above_seconds: time for which the count was above the limit, over gaps of at most 90 s between counts.
        curve: highest count of each five minutes; a gap where nothing was counted.
    """

    zone: str
    title: str
    limit: int | None
    peak: Point | None
    above_seconds: float
    curve: tuple[Point, ...]


class AlertFigures(Struct, frozen=True):
    """One alert, who acted, and how long it took; times in seconds after it was raised."""

    id: str
    rule: str
    subject: str
    severity: str
    raised_at: datetime
    peak: float
    threshold: float
    acknowledged_by: str | None = None
    acknowledged_after: float | None = None
    resolved_by: str | None = None
    """Account of a person; None where the value cleared by itself, or the alert is open."""
    resolved_after: float | None = None
    verdict: str | None = None
    verdict_by: str | None = None
    shelved_by: str | None = None
    shelved_reason: str = ""


class RuleFigures(Struct, frozen=True):
    """Alerts of a rule, and verdicts of people on them."""

    rule: str
    alerts: int
    acknowledged: int
    confirmed: int
    rejected: int


class BlindFigures(Struct, frozen=True):
    """Time for which a camera had a fault; from the first faulty picture to the first good one."""

    camera: str
    fault: str
    begin: datetime
    seconds: float
    still: bool
    """True if no good picture came before the day or the data ended."""


class BarFigures(Struct, frozen=True):
    """Stock and forecasts of one product of a bar.

    Attributes:
        sold: units.
        missed: times at which the booked stock ran out.
        avoided: deliveries without which the stock that was there at the call would not have lasted for what was sold.
        saved_units: units that were sold from such deliveries.
        price: of a unit, from the venue file; None where it has none.
        absolute_error: Σ|forecast − sold| over the forecasts scored, in units.
        scored_units: Σ sold over the same forecasts.
        scored: number of forecasts, one each quarter of an hour.
        covered: forecasts whose 90 % interval held what was sold.
    """

    bar: str
    product: str
    sold: float
    missed: int = 0
    avoided: int = 0
    saved_units: float = 0.0
    price: float | None = None
    absolute_error: float = 0.0
    scored_units: float = 0.0
    scored: int = 0
    covered: int = 0


class SubjectFigures(Struct, frozen=True):
    """Mails about one topic; `unanswered` had no approved answer to suggest."""

    subject: str
    mails: int
    unanswered: int


class MoodFigures(Struct, frozen=True):
    """Posts of one hour by their sentiment."""

    hour: datetime
    negative: int
    neutral: int
    positive: int


class StageFigures(Struct, frozen=True):
    """Fragments of sound at a stage, during a set of the programme or beside it (`act` is empty)."""

    stage: str
    act: str
    fragments: int
    silent: int
    moods: dict[str, int]
    genres: dict[str, int]


class DecisionFigures(Struct, frozen=True):
    """A decision of staff, from the audit log or the show stops."""

    time: datetime
    who: str
    what: str
    subject: str
    detail: str = ""


class CoverageFigures(Struct, frozen=True):
    """Records of one topic that the report rests on, and hours of the day in which there was none."""

    topic: str
    records: int
    first: datetime | None
    last: datetime | None
    empty_hours: tuple[datetime, ...]
    """Beginnings of the hours without a record, up to the time at which the report was made."""
    missing: str = ""
    """Reason for which it could not be read at all."""


class Assumptions(Struct, frozen=True):
    """Estimates of the venue file that sums of money rest on."""

    minutes_per_reply: float
    hourly_wage: float
    currency: str


class DayReport(Struct, frozen=True, kw_only=True):
    """All figures of one day."""

    venue: str
    timezone: str
    bounds: DayBounds
    made: datetime
    assumptions: Assumptions
    places: tuple[PlaceFigures, ...] = ()
    alerts: tuple[AlertFigures, ...] = ()
    rules: tuple[RuleFigures, ...] = ()
    blind: tuple[BlindFigures, ...] = ()
    bars: tuple[BarFigures, ...] = ()
    mails: int = 0
    suggested: int = 0
    """Mails for which an approved answer was suggested."""
    corrections: int = 0
    """Corrections of model outputs by people."""
    subjects: tuple[SubjectFigures, ...] = ()
    posts: tuple[MoodFigures, ...] = ()
    stages: tuple[StageFigures, ...] = ()
    decisions: tuple[DecisionFigures, ...] = ()
    coverage: tuple[CoverageFigures, ...] = ()

    @property
    def is_over(self) -> bool:
        """Return True if it was made after the day had ended."""
        return self.made >= self.bounds.end

    @property
    def is_final(self) -> bool:
        """Return True if the day had ended, and everything could be read."""
        return self.is_over and not any(one.missing for one in self.coverage)

    @property
    def records(self) -> int:
        """Return the number of records that it rests on."""
        return sum(one.records for one in self.coverage)


def day_bounds(text: str, venue: Venue, now: datetime) -> DayBounds:
    """Return the bounds of a day that is written as YYYY-MM-DD.

    Raises:
        DayError: the text is not a date, or the day begins after `now`.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise DayError(f"{text!r} is not a valid day; write it as 2026-07-04") from error
    if not 2000 <= day.year <= 2200:
        raise DayError(f"{text!r} is not a valid day: its year is not between 2000 and 2200")
    hour, minute = map(int, venue.calendar.day_begins.split(":"))
    zone = ZoneInfo(venue.timezone)
    begin, end = (
        datetime(one.year, one.month, one.day, hour, minute, tzinfo=zone).astimezone(UTC)  # its hours never repeat
        for one in (day, day + timedelta(days=1))
    )
    if begin > now:
        raise DayError(f"the day {day} has not begun: it begins at {begin.isoformat(timespec='minutes')}")
    return DayBounds(day, begin, end)
