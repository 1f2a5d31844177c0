"""Crowd: counts, flows and forecasts of zones; their topic; zones and crowd settings of the venue file."""

from __future__ import annotations

from typing import Any, Literal, Self

from msgspec import Struct
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from schemas.camera_faults import CameraFaultThresholds
from schemas.fields import Count, Identifier, Instant, NonNegative, Probability
from schemas.topic import Topic
from schemas.venue_parts import Line, Name, Part


class ZoneForecast(Struct, frozen=True, kw_only=True):
    """People in the zone ahead of time."""

    minutes: Count
    mean: NonNegative
    low: NonNegative
    """the 90 % interval"""
    high: NonNegative


class ExitCrowd(Struct, frozen=True, kw_only=True):
    """The ground before one exit of the zone."""

    exit: Identifier
    density: NonNegative
    """persons/m² within reach of it"""
    speed: float
    """m/s towards it; negative away from it"""
    jammed: bool


class ZoneFlow(Struct, frozen=True, kw_only=True):
    """How the people of a zone move. Speeds and pressure only where the venue file gives the camera's ground."""

    direction: float | None = None
    """degrees in the picture, 0 up, 90 right; None while hardly anyone walks"""
    speed: NonNegative | None = None
    """m/s, mean over all heads"""
    moving: Probability = 0.0
    """share of heads that walk"""
    counter_flow: Probability = 0.0
    """0 all one way, 1 as many the other way"""
    inflow: float = 0.0
    """heads a minute over the zone's edge, less those that leave"""
    pressure: NonNegative | None = None
    """density × variance of velocity where it is highest, s⁻² (Helbing, 2007)"""
    stop_and_go: NonNegative = 0.0
    """times in the last minute that a dense crowd stopped and went on"""
    running: Probability | None = None
    """share of heads that run"""
    scattering: Probability | None = None
    """share of heads that run away from one point"""
    exits: tuple[ExitCrowd, ...] = ()


class ZoneCount(Struct, frozen=True, kw_only=True):
    """People in the part of a zone that one camera sees."""

    zone: Identifier
    persons: NonNegative
    """smoothed, so that it doesn't flicker"""
    density: NonNegative | None = None
    """persons/m², where the venue file gives an area"""
    level_of_service: Literal["A", "B", "C", "D", "E", "F"] | None = None
    """Fruin's level for walkways"""
    counted: NonNegative | None = None
    """heads in this picture alone"""
    lag_seconds: NonNegative = 0.0
    """by which `persons` follows what is counted; falls towards 0 in a surge"""
    flow: ZoneFlow | None = None
    """None where no earlier picture was near enough in time, or hardly anyone is there"""
    forecast: tuple[ZoneForecast, ...] = ()
    limit: NonNegative | None = None
    """people at which the zone is full: its capacity, or where the density alert is raised, whichever is lower"""
    limit_chance: Probability | None = None
    """chance that the limit is reached before staff can act"""
    minutes_to_limit: NonNegative | None = None
    """by the mean forecast; None where it is not reached"""


class CrowdCount(Struct, frozen=True, kw_only=True):
    """Heads in one picture."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    persons: NonNegative | None
    """None when the camera is blind"""
    zones: tuple[ZoneCount, ...] = ()
    blind: str | None = None
    """why it can't be trusted: black, overexposed, covered, blurred, frozen, smoke, pyrotechnics, obstructed"""
    model: str
    evidence: tuple[Identifier, ...] = ()
    """pictures that show why an alert may be raised, by their id in the evidence store"""


class ExitSettings(Part):
    """A way out of a zone. Its name alone will do."""

    name: str = Field(min_length=1, description="as people call it")
    sign: str = Field(default="", description="the sign to change when it jams, as staff call it")
    alternative: str = Field(default="", description="the exit to send people to instead; another of the zone if empty")

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return a JSON Schema that accepts the name alone."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core_schema)]}


class ExitLine(Part):
    """Where an exit of a zone is in a camera's picture."""

    exit: str = Field(description="name of an exit of the zone")
    line: Line


class CrowdSettings(Part):
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
    faults: CameraFaultThresholds = Field(
        default_factory=CameraFaultThresholds, description="when a picture can't be believed"
    )
    context_every_seconds: float = Field(
        default=10.0, ge=0, le=3600, description="how often a zone's occupancy is told to the bars"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        limits = self.level_of_service
        if list(limits) != sorted(set(limits)) or limits[0] <= 0:
            raise ValueError(f"level_of_service must rise from above 0, not {limits}")
        return self


class ZoneSettings(Part):
    """A piece of ground that people stand on."""

    id: Name
    title: str = ""
    area_m2: float = Field(gt=0, le=1_000_000, description="ground area in square metres")
    capacity: int = Field(gt=0, description="most people allowed")
    exits: list[ExitSettings] = Field(
        default_factory=list, description="ways out: names, or with the sign and the alternative"
    )
    lead_time_minutes: float = Field(default=5, gt=0, le=60, description="what staff need to act before it is full")


CROWD = Topic("crowd.counts", "camera", CrowdCount, "pulso.crowd.count.v1", "Heads in one picture.")
