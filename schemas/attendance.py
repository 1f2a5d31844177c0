"""How many people are in the venue: what changes it, and what it is."""

from __future__ import annotations

from typing import Literal, Self

from msgspec import Struct
from pydantic import Field, model_validator

from schemas.fields import Identifier, Instant, NonNegative, Text
from schemas.topic import DAY, Topic
from schemas.venue_parts import Line, Name, Part, Point

AttendanceKind = Literal["crossing", "seen", "correct", "reset"]

VENUE = "venue"
"""key of both topics: there is one venue, so that its changes stay in order"""


class AttendanceChange(Struct, frozen=True, kw_only=True):
    """Something that is known about how many are in."""

    id: Identifier
    kind: AttendanceKind
    """crossing: a gate; seen: people whom a camera sees in a zone; correct: a person says how many there are;
    reset: a new day"""
    time: Instant
    by: Identifier
    """the gate, the camera, or the person"""
    since: Instant | None = None
    """crossing: when counting began; what overlaps with an earlier one is a repetition"""
    entered: NonNegative = 0.0
    """crossing: heads, in parts, since the flow is measured and not the single walker"""
    left: NonNegative = 0.0
    zone: Identifier | None = None
    """seen: where"""
    persons: NonNegative = 0.0
    """seen: how many; correct and reset: how many are in the venue now"""
    note: Text = ""


class GateTotal(Struct, frozen=True, kw_only=True):
    """One gate since the last reset."""

    gate: Identifier
    entered: NonNegative
    left: NonNegative


class VenueOccupancy(Struct, frozen=True, kw_only=True):
    """How many are in the venue."""

    event_id: Identifier
    venue: Identifier = VENUE
    time: Instant
    persons: NonNegative
    entered: NonNegative
    """over all gates since the last reset"""
    left: NonNegative
    seen: NonNegative
    """people seen in the zones within the last two minutes, each zone by the camera that sees most of it"""
    corrected: float = 0.0
    """added or taken off by people since the last reset"""
    reconciled: NonNegative = 0.0
    """added because more people were seen than had come in by the gates"""
    unexplained: NonNegative = 0.0
    """left by the gates though nobody was in any more: people whose coming in was not seen"""
    gates: tuple[GateTotal, ...] = ()


class GateSettings(Part):
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


ATTENDANCE = Topic(
    "venue.attendance",
    "venue",
    AttendanceChange,
    "pulso.attendance.change.v1",
    "What gates, cameras and people know of how many are in the venue.",
    partitions=1,  # one number for the venue, so one order
    retention_ms=30 * DAY,
)


OCCUPANCY = Topic(
    "venue.occupancy",
    "venue",
    VenueOccupancy,
    "pulso.venue.occupancy.v1",
    "How many are in the venue.",
    partitions=1,
    retention_ms=30 * DAY,
)
