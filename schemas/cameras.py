"""Cameras of the venue file, and the topic of their frames."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.addresses import StreamUrl
from schemas.attendance import GateSettings
from schemas.camera_faults import CameraFaultThresholds
from schemas.crowd import ExitLine
from schemas.ids import CameraId, ZoneId
from schemas.topic import MEDIA_BYTES, MINUTE, Topic
from schemas.venue_parts import NAME, Part, Point, Polygon

Metre = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
MIN_AREA_M2 = 0.1
"""Smallest area in m² that a density is computed for; nobody stands on less."""


class GroundPoint(Part):
    """A point of the picture with its position on the ground; best at the height of heads, since heads are counted."""

    picture: Point = Field(description="shares of width and height")
    metres: tuple[Metre, Metre] = Field(description="to the right and away, from any origin")


GroundPoints = Annotated[
    list[GroundPoint],
    Field(min_length=4, max_length=4, description="four points, no three on a line: gives metres, m² and speeds"),
]


class EvidenceSettings(Part):
    """Storage of the pictures and clips that alerts refer to."""

    blurred: bool = Field(default=True, description="blur stored pictures so that nobody can be recognised")
    keep_hours: float = Field(
        default=72,
        ge=0,
        le=720,
        description="hours after the alert is closed; 0 stores nothing; more than 72 needs a reason (docs/privacy.md)",
    )


class CameraView(Part):
    """Part of a camera's picture that shows a zone."""

    zone: Annotated[ZoneId, NAME]
    polygon: Polygon
    area_m2: float | None = Field(
        default=None,
        ge=MIN_AREA_M2,
        allow_inf_nan=False,
        description="ground area in the polygon; computed from the ground points, or the zone's area, if left out; "
        "give it for every camera that sees another part of the same zone, so that pages add up their counts",
    )
    exits: list[ExitLine] = Field(default_factory=list, description="positions of the zone's exits in the picture")


class CameraSettings(Part):
    """A fixed camera."""

    id: Annotated[CameraId, NAME]
    url: StreamUrl | None = Field(default=None, description="rtsp://, http://, a device, a video file or a folder")
    frames_per_second: float = Field(
        default=8, gt=0, le=30, description="frames sent per second; violence detection needs about 8"
    )
    count_every_seconds: float = Field(default=1, ge=0.1, le=60, description="seconds between two counts of heads")
    views: list[CameraView] = Field(default_factory=list, description="zones that the camera sees")
    masks: list[Polygon] = Field(
        default_factory=list, description="privacy masks: blackened before any model reads the picture"
    )
    ground: GroundPoints | None = Field(
        default=None, description="ground points; without them there are no speeds and no pressure"
    )
    gates: list[GateSettings] = Field(default_factory=list, description="lines that people cross")
    faults: CameraFaultThresholds | None = Field(
        default=None, description="fault thresholds of this camera; those of the venue if empty"
    )


FRAMES: Topic[bytes] = Topic(
    "camera.frames",
    "camera",
    None,
    "pulso.camera.frame.v1",
    "One JPEG picture of a camera.",
    retention_ms=10 * MINUTE,  # frames live only as long as an alert needs them (EDPB 3/2019)
    max_bytes=MEDIA_BYTES,
    content_type="image/jpeg",
    sensitive=True,
    from_source=True,
)
