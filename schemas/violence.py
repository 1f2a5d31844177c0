"""Violence scores; their topic; evidence clips in the venue file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from schemas.fields import NAMED, Identifier, Instant, Probability
from schemas.ids import CameraId, EventId, ZoneId
from schemas.topic import Topic
from schemas.venue_parts import Part


class ViolenceScore(Struct, frozen=True, kw_only=True):
    """Probability that a fight is seen now by a camera."""

    event_id: Annotated[EventId, NAMED]
    camera: Annotated[CameraId, NAMED]
    time: Instant
    probability: Probability
    zone: Annotated[ZoneId, NAMED] | None = None
    model: str
    evidence: tuple[Identifier, ...] = ()
    """Ids of blurred clips in the evidence store, where an alert may be raised."""


class EvidenceClipSettings(Part):
    """Settings of the clips, two seconds of blurred video, that violence alerts refer to."""

    cells_across: int = Field(
        default=48, ge=16, le=96, description="columns of cells that a clip is reduced to; fewer show less detail"
    )


VIOLENCE = Topic("violence.scores", "camera", ViolenceScore, "pulso.violence.score.v1", "Fight seen by a camera.")
