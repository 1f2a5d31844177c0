"""Calendar of the venue file: festival days, public holidays and opening hours."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.venue_parts import CLOCK_PATTERN, Part

ClockTime = Annotated[str, Field(pattern=CLOCK_PATTERN, description="local time, HH:MM")]


class Calendar(Part):
    """Days and hours that the demand model of the bars uses as features; all may be left out.

    A day begins at `day_begins`, so that sales at two in the morning belong to the evening before.
    """

    first_day: date | None = Field(default=None, description="first day of the festival")
    last_day: date | None = Field(default=None, description="last day of the festival")
    holidays: list[date] = Field(default_factory=list, description="public holidays, and eves with similar sales")
    ground_opens: ClockTime | None = Field(default=None, description="opening time, HH:MM")
    ground_closes: ClockTime | None = Field(default=None, description="closing time, HH:MM; may be after midnight")
    day_begins: ClockTime = Field(
        default="06:00", description="time at which a day begins, HH:MM; earlier sales belong to the day before"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"calendar: last_day {self.last_day} is before first_day {self.first_day}")
        if (self.ground_opens is None) != (self.ground_closes is None):
            raise ValueError("calendar: give both ground_opens and ground_closes, or neither")
        return self
