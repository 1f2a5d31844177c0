"""The part of the venue file that says which days are special, and when the ground is open."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.venue_parts import Part

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time, HH:MM")]


class Calendar(Part):
    """What the bars' demand model is told of the days; all of it may be left out.

    A day begins at `day_begins`: what is drunk at two in the night belongs to the evening before.
    """

    first_day: date | None = Field(default=None, description="of the festival")
    last_day: date | None = Field(default=None, description="of the festival")
    holidays: list[date] = Field(default_factory=list, description="public holidays, and the eves that feel like one")
    ground_opens: ClockTime | None = Field(default=None, description="when people are let in, HH:MM")
    ground_closes: ClockTime | None = Field(default=None, description="when they must have left; may be after midnight")
    day_begins: ClockTime = Field(default="06:00", description="what happens before belongs to the day before")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"calendar: last_day {self.last_day} is before first_day {self.first_day}")
        if (self.ground_opens is None) != (self.ground_closes is None):
            raise ValueError("calendar: give both ground_opens and ground_closes, or neither")
        return self
