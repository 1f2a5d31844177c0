"""Violence scores; their topic; evidence clips in the venue file."""

from __future__ import annotations

from msgspec import Struct
from pydantic import Field

from schemas.fields import Identifier, Instant, Probability
from schemas.topic import Topic
from schemas.venue_parts import Part


class ViolenceScore(Struct, frozen=True, kw_only=True):
    """Probability that a fight is seen now by a camera."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    probability: Probability
    zone: Identifier | None = None
    model: str
    evidence: tuple[Identifier, ...] = ()
    """Ids of blurred clips in the evidence store, where an alert may be raised."""


class EvidenceClipSettings(Part):
    """Settings of the clips, two seconds of blurred video, that violence alerts refer to."""

    cells_across: int = Field(
        default=48, ge=16, le=96, description="columns of cells that a clip is reduced to; fewer show less detail"
    )


VIOLENCE = Topic("violence.scores", "camera", ViolenceScore, "pulso.violence.score.v1", "Fight seen by a camera.")
