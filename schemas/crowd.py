"""Crowd: counts, flows and forecasts of zones; their topic; zones and crowd settings of the venue file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from msgspec import Struct
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from schemas.camera_faults import CameraFaultThresholds
from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, Probability
from schemas.ids import CameraId, EventId, ZoneId
from schemas.topic import Topic
from schemas.venue_parts import NAME, Line, Part

Level = Literal["A", "B", "C", "D", "E", "F"]
"""Level of density, from free to dangerous; where each ends depends on what the zone is for."""

ZoneUse = Literal["standing", "queue", "walkway", "seated", "stairs"]
"""Use of a zone, which decides at which density it is free, full or dangerous."""


class ZoneForecast(Struct, frozen=True, kw_only=True):
    """Forecast of the people in a zone."""

    minutes: Count
    mean: NonNegative
    low: NonNegative
    """Lower end of the 90 % interval."""
    high: NonNegative
    """Upper end of the 90 % interval."""


class ExitCrowd(Struct, frozen=True, kw_only=True):
    """People before one exit of the zone."""

    exit: Identifier
    density: NonNegative
    """Persons/m² within reach of the exit."""
    speed: float
    """Speed towards the exit in m/s; negative away from it."""
    jammed: bool


class ZoneFlow(Struct, frozen=True, kw_only=True):
    """Motion of the people in a zone. Speeds and pressure are None without the camera's ground points."""

    direction: float | None = None
    """Direction in the picture in degrees, 0 up, 90 right; None while hardly anyone walks."""
    speed: NonNegative | None = None
    """Mean speed of all heads in m/s."""
    moving: Probability = 0.0
    """Share of heads that walk."""
    counter_flow: Probability = 0.0
    """0 if all walk one way, 1 if equal numbers walk both ways."""
    inflow: float = 0.0
    """Heads per minute that enter over the zone's edge, minus those that leave."""
    pressure: NonNegative | None = None
    """Crowd pressure where it is highest: density × variance of velocity, s⁻² (Helbing et al., 2007)."""
    stop_and_go: NonNegative = 0.0
    """Number of times in the last minute that a dense crowd stopped and walked again."""
    running: Probability | None = None
    """Share of heads that run."""
    scattering: Probability | None = None
    """Share of heads that run away from one point."""
    exits: tuple[ExitCrowd, ...] = ()


class ZoneCount(Struct, frozen=True, kw_only=True):
    """People in the part of a zone that one camera sees."""

    zone: Annotated[ZoneId, NAMED]
    persons: NonNegative
    """Smoothed count."""
    density: NonNegative | None = None
    """Persons/m²; None where the venue file gives no area."""
    level_of_service: Level | None = None
    """Level of the density by the table of the zone's use; None for seats, or where the density is not known."""
    counted: NonNegative | None = None
    """Heads in this picture alone, not smoothed."""
    lag_seconds: NonNegative = 0.0
    """Delay of `persons` behind the count in seconds; falls towards 0 in a surge."""
    flow: ZoneFlow | None = None
    """None where no earlier picture is close enough in time, or hardly anyone is there."""
    forecast: tuple[ZoneForecast, ...] = ()
    limit: NonNegative | None = None
    """People at which the zone is full: its capacity, or the number at the density alert, whichever is lower."""
    limit_chance: Probability | None = None
    """Probability that the limit is reached before staff can act."""
    minutes_to_limit: NonNegative | None = None
    """Minutes until the mean forecast reaches the limit; None where it does not."""


class CrowdCount(Struct, frozen=True, kw_only=True):
    """Heads in one picture."""

    event_id: Annotated[EventId, NAMED]
    camera: Annotated[CameraId, NAMED]
    time: Instant
    persons: NonNegative | None
    """None while the camera is blind."""
    zones: tuple[ZoneCount, ...] = ()
    blind: str | None = None
    """Fault of a blind camera: black, overexposed, covered, blurred, frozen, smoke, pyrotechnics,
    obstructed, damaged."""
    model: str
    evidence: tuple[Identifier, ...] = ()
    """Ids of pictures in the evidence store, where an alert may be raised."""


class ExitSettings(Part):
    """An exit of a zone; its name alone is enough."""

    name: str = Field(min_length=1, description="as people call it")
    sign: str = Field(default="", description="the sign to change when the exit is jammed, as staff call it")
    alternative: str = Field(
        default="", description="the exit to send people to instead; another one of the zone if empty"
    )

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return a JSON Schema that accepts the name alone."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core_schema)]}


class ExitLine(Part):
    """Position of a zone's exit in a camera's picture."""

    exit: str = Field(description="name of an exit of the zone")
    line: Line


class CrowdSettings(Part):
    """Thresholds and time constants of crowd analysis; sources: Fruin 1971, Helbing et al. 2007, Still."""

    level_of_service: tuple[float, float, float, float, float] | None = Field(
        default=None,
        description="persons/m² at which the levels A to E end, in every zone; if left out, those of each zone's `use`",
    )
    smoothing_seconds: float = Field(
        default=10, gt=0, le=600, description="time constant of smoothing while nothing changes"
    )
    surge_seconds: float = Field(
        default=6, gt=0, le=600, description="time constant with which a change of the count is recognised"
    )
    velocity_noise: float = Field(default=0.05, ge=0, le=1, description="apparent speed of a still crowd, m/s")
    pressure_density: float = Field(default=5.0, ge=0, le=10, description="persons/m² from which pressure is reported")
    moving_speed: float = Field(default=0.3, gt=0, le=5, description="speed from which someone walks, m/s")
    running_speed: float = Field(default=2.5, gt=0, le=10, description="speed from which someone runs, m/s")
    counter_flow_density: float = Field(
        default=1.0, ge=0, le=10, description="persons/m² below which people avoid each other and counter-flow is 0"
    )
    exit_reach: float = Field(
        default=5.0, gt=0, le=100, description="metres before an exit in which density and speed are measured"
    )
    exit_speed: float = Field(
        default=0.35, gt=0, le=5, description="speed towards an exit below which it is jammed, m/s"
    )
    stop_and_go_density: float = Field(
        default=2.0, ge=0, le=10, description="persons/m² from which stop-and-go waves are reported"
    )
    faults: CameraFaultThresholds = Field(
        default_factory=CameraFaultThresholds, description="thresholds of camera faults"
    )
    context_every_seconds: float = Field(
        default=10.0, ge=0, le=3600, description="seconds between two publications of a zone's occupancy as context"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        limits = self.level_of_service
        if limits is not None and (list(limits) != sorted(set(limits)) or limits[0] <= 0):
            raise ValueError(f"level_of_service must rise from above 0, not {limits}")
        return self


class ZoneSettings(Part):
    """A zone of the venue: an area of ground that people stand on."""

    id: Annotated[ZoneId, NAME]
    title: str = Field(default="", description="name on pages; the id if empty")
    use: ZoneUse = Field(
        default="standing",
        description="what people do there: `standing` (before a stage), `queue`, `walkway`, `seated` or `stairs`; "
        "decides the level and colour of a density",
    )
    area_m2: float = Field(ge=0.1, le=1_000_000, description="ground area in square metres")
    capacity: int = Field(gt=0, description="maximum number of people allowed")
    exits: list[ExitSettings] = Field(
        default_factory=list, description="exits: names, or objects with sign and alternative"
    )
    lead_time_minutes: float = Field(
        default=5, gt=0, le=60, description="minutes that staff need to act before the zone is full"
    )


CROWD = Topic("crowd.counts", "camera", CrowdCount, "pulso.crowd.count.v1", "Heads in one picture.")
