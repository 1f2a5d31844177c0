"""Map of the venue for those who walk: places, the paths between them, and the hours of both."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.ids import PlaceId
from schemas.plan import Metre
from schemas.venue_parts import NAME, Part

Mobility = Literal["none", "slow", "pushchair", "wheelchair"]
"""Mobility of a walker: `none` has no needs."""


class Hours(Part):
    """Hours of each festival day. A closing time that is not after the opening time is on the next morning."""

    opens: time = Field(description="local time of opening")
    closes: time = Field(description="local time of closing; not after opens: on the next morning")
    all_day: bool = Field(default=False, description="open without a break; the times do not count")


class Place(Part):
    """A place that people walk to, or a junction of paths."""

    id: Annotated[PlaceId, NAME]
    name_es: str = Field(min_length=1, description="name in Spanish")
    name_en: str = Field(min_length=1, description="name in English")
    kind: str = Field(pattern=r"^[a-z][a-z_]*$", description="stage, bar, toilet, water, first_aid, junction, …")
    x_m: Metre = Field(description="metres to the east on the plan")
    y_m: Metre = Field(description="metres to the north on the plan")
    step_free: bool = Field(default=True, description="usable inside without a step")
    hours: Hours | None = Field(default=None, description="hours of each festival day; none for a junction")


class Path(Part):
    """A way between two places, walked both ways unless it is one-way."""

    start: Annotated[PlaceId, NAME]
    end: Annotated[PlaceId, NAME]
    metres: float = Field(gt=0, le=100_000, description="length")
    kind: str = Field(default="paved", description="paved, gravel, grass, ramp, steps, …")
    step_free: bool = Field(default=True, description="usable without a step")
    width_m: float = Field(gt=0, le=1000, default=3, description="clear width at the narrowest point")
    slope_percent: float = Field(ge=0, le=100, default=0, description="slope at the steepest point")
    kerb_cm: float = Field(ge=0, le=100, default=0, description="height of the highest kerb")
    one_way: bool = Field(default=False, description="walked from start to end only")
    hours: Hours | None = Field(default=None, description="hours; a crossing must end by the closing time")

    @model_validator(mode="after")
    def _joins_two_places(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"a path leads from {self.start!r} to itself; name two places")
        return self
