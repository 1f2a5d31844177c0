"""The parts of the venue file that crowds need: exits, gates, ground points, and the numbers of the field."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from schemas.venue_faults import Faults
from schemas.venue_types import Line, Name, Part, Point


class Exit(Part):
    """A way out of a zone. Its name alone will do."""

    name: str = Field(min_length=1, description="as people call it")
    sign: str = Field(default="", description="the sign to change when it jams, as staff call it")
    alternative: str = Field(default="", description="the exit to send people to instead; another of the zone if empty")

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class ExitLine(Part):
    """Where an exit of a zone is in a camera's picture."""

    exit: str = Field(description="name of an exit of the zone")
    line: Line


class GroundPoint(Part):
    """A point of the picture whose place is known; best at the height of heads, since heads are counted."""

    picture: Point = Field(description="shares of width and height")
    metres: tuple[float, float] = Field(description="to the right and away, from any origin")


Ground = Annotated[
    list[GroundPoint],
    Field(min_length=4, max_length=4, description="four points, no three on a line: gives metres, m² and speeds"),
]


class Gate(Part):
    """A line that people cross, and which side of it is inside."""

    id: Name
    line: Line
    inwards: Point = Field(description="a point of the picture on the inner side")
    band: float = Field(default=0.06, gt=0, le=0.5, description="half the width of the strip that is watched, a share")
    calibration: float = Field(default=1.0, gt=0, le=10, description="heads by hand ÷ heads by camera, counted once")

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        (x0, y0), (x1, y1) = self.line
        across = (x1 - x0) * (self.inwards[1] - y0) - (y1 - y0) * (self.inwards[0] - x0)
        if abs(across) < 1e-6:
            raise ValueError("inwards lies on the line, or the line has no length; name a point on the inner side")
        return self


class Crowd(Part):
    """Numbers that crowds are judged by; sources in FIELD terms: Fruin 1971, Helbing 2007, Still."""

    level_of_service: tuple[float, float, float, float, float] = Field(
        default=(0.31, 0.43, 0.72, 1.08, 2.17), description="persons/m² at which Fruin's levels A to E end"
    )
    smoothing_seconds: float = Field(default=10, gt=0, le=600, description="time constant while nothing changes")
    surge_seconds: float = Field(default=6, gt=0, le=600, description="how long errors of one sign take to be believed")
    velocity_noise: float = Field(default=0.05, ge=0, le=1, description="m/s that a still crowd seems to move")
    pressure_density: float = Field(default=5.0, ge=0, le=10, description="persons/m² from which pressure counts")
    moving_speed: float = Field(default=0.3, gt=0, le=5, description="m/s from which someone walks")
    running_speed: float = Field(default=2.5, gt=0, le=10, description="m/s from which someone runs")
    counter_flow_density: float = Field(default=1.0, ge=0, le=10, description="persons/m² below which people dodge")
    exit_reach: float = Field(default=5.0, gt=0, le=100, description="metres before an exit that are watched")
    exit_speed: float = Field(default=0.35, gt=0, le=5, description="m/s towards an exit below which it jams")
    stop_and_go_density: float = Field(default=2.0, ge=0, le=10, description="persons/m² from which waves matter")
    faults: Faults = Field(default_factory=Faults, description="when a picture can't be believed")
    context_every_seconds: float = Field(
        default=10.0, ge=0, le=3600, description="how often a zone's occupancy is told to the bars"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        limits = self.level_of_service
        if list(limits) != sorted(set(limits)) or limits[0] <= 0:
            raise ValueError(f"level_of_service must rise from above 0, not {limits}")
        return self


class Evidence(Part):
    """The pictures and clips that alerts keep."""

    blurred: bool = Field(default=True, description="no face can be made out in what is stored")
    keep_hours: float = Field(
        default=72, ge=0, le=720, description="after the alert is closed; beyond 72 it needs a reason; 0 keeps none"
    )
