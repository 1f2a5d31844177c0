"""Attendance: changes of the number of people in the venue, the number itself, and gates in the venue file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from msgspec import Struct
from pydantic import Field, model_validator

from schemas.fields import NAMED, Identifier, Instant, NonNegative, Text
from schemas.ids import EventId, GateId, ZoneId
from schemas.topic import DAY, Topic
from schemas.venue_parts import NAME, Line, Part, Point

AttendanceKind = Literal["crossing", "seen", "correct", "reset"]

VENUE = "venue"
"""Key of both topics; there is one venue, so that its changes stay in order."""


class AttendanceChange(Struct, frozen=True, kw_only=True):
    """A change of the number of people in the venue."""

    id: Identifier
    kind: AttendanceKind
    """crossing: people crossed a gate; seen: people counted in a zone; correct: a person states the number; reset: a
    new day."""
    time: Instant
    by: Identifier
    """Gate, camera or person that the change comes from."""
    since: Instant | None = None
    """crossing: start of the counting period; one that overlaps with an earlier period is a repetition."""
    entered: NonNegative = 0.0
    """crossing: heads, in fractions, since a flow is measured and not single people."""
    left: NonNegative = 0.0
    zone: Annotated[ZoneId, NAMED] | None = None
    """seen: the zone."""
    persons: NonNegative = 0.0
    """seen: people in the zone; correct and reset: people in the venue now."""
    note: Text = ""


class GateTotal(Struct, frozen=True, kw_only=True):
    """One gate since the last reset."""

    gate: Annotated[GateId, NAMED]
    entered: NonNegative
    left: NonNegative


class VenueOccupancy(Struct, frozen=True, kw_only=True):
    """Number of people in the venue."""

    event_id: Annotated[EventId, NAMED]
    venue: Identifier = VENUE
    time: Instant
    persons: NonNegative
    entered: NonNegative
    """Sum over all gates since the last reset."""
    left: NonNegative
    seen: NonNegative
    """People counted in the zones within the last two minutes, each zone by its highest count."""
    corrected: float = 0.0
    """Sum of manual corrections since the last reset."""
    reconciled: NonNegative = 0.0
    """People added because more were counted in the zones than had entered by the gates."""
    unexplained: NonNegative = 0.0
    """People who left by the gates when the number was already 0: their entry was not counted."""
    gates: tuple[GateTotal, ...] = ()
    blind: tuple[Identifier, ...] = ()
    """Silent cameras of gates and zones, as `camera/gate`: what passes before them is missing in the number."""


class GateSettings(Part):
    """A gate: a line that people cross, and its inner side."""

    id: Annotated[GateId, NAME]
    line: Line
    inwards: Point = Field(description="a point of the picture on the inner side")
    band: float = Field(
        default=0.06,
        gt=0,
        le=0.5,
        description="half width of the strip in which crossings are measured, a share of the picture's width",
    )
    calibration: float = Field(
        default=1.0, gt=0, le=10, description="heads counted by hand ÷ heads counted by the camera"
    )

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        (x0, y0), (x1, y1) = self.line
        across = (x1 - x0) * (self.inwards[1] - y0) - (y1 - y0) * (self.inwards[0] - x0)
        if abs(across) < 1e-6:
            raise ValueError("inwards lies on the line, or the line has no length; give a point on the inner side")
        return self


ATTENDANCE = Topic(
    "venue.attendance",
    "venue",
    AttendanceChange,
    "pulso.attendance.change.v1",
    "Changes of the number of people in the venue: gate crossings, zone counts, corrections.",
    partitions=1,  # one number for the venue needs one order
    retention_ms=30 * DAY,
    from_source=True,
)


OCCUPANCY = Topic(
    "venue.occupancy",
    "venue",
    VenueOccupancy,
    "pulso.venue.occupancy.v1",
    "Number of people in the venue.",
    partitions=1,
    retention_ms=30 * DAY,
)
