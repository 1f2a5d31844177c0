"""Visuals of a stage: its sound frame by frame, for a projector's page; their section of the venue file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field

from schemas.fields import NAMED, Instant, NonNegative, Probability, repeated
from schemas.ids import StageId
from schemas.topic import MINUTE, Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection

Scene = Literal["ribbons", "tunnel", "embers"]
"""Scenes of the page of visuals."""


class StageFrame(Struct, frozen=True, kw_only=True):
    """Sound of a stage since the frame before, as a lighting desk gets it."""

    stage: Annotated[StageId, NAMED]
    time: Instant
    level: Probability
    """0 to 1, from -60 to 0 dBFS."""
    bands: dict[str, Probability]
    """sub, bass, low_mid, mid, high_mid and high, 0 to 1 each, from -60 to 0 dBFS."""
    onset: Probability
    """Strongest rise relative to the last seconds."""
    brightness: NonNegative
    """Spectral centroid, Hz."""
    beat: bool
    tempo: NonNegative
    """Beats per minute; 0 where there is no beat."""
    until_beat: NonNegative | None = None
    """Seconds from this frame to the next beat, as it is expected; left out where there is no beat."""


class VisualsSettings(Part):
    """Visuals of one stage, at `/visuals/STAGE`."""

    stage: Annotated[StageId, NAME]
    scene: Scene = Field(default="ribbons", description="scene that the page begins with")
    frames_per_second: float = Field(
        default=20, ge=5, le=50, description="frames of the sound that are sent a second; the picture has its own rate"
    )
    fast_flashes: bool = Field(
        default=False,
        description="true: the picture may flash more than three times a second. Such flashes can cause seizures: "
        "warn people at the entrance",
    )


def _mistakes(venue: Venue) -> Iterable[str]:
    visuals = venue.section(VISUALS)
    stages = {stage.id for stage in venue.stages}
    for one in visuals:
        if one.stage not in stages:
            known = ", ".join(sorted(stages)) or "none"
            yield f"visuals: there is no stage {one.stage!r}; there are {known}"
    for name in repeated(one.stage for one in visuals):
        yield f"visuals: stage {name} stands there twice"


VISUALS: VenueSection[list[VisualsSettings]] = VenueSection(
    "visuals",
    list[VisualsSettings],
    list,
    "stages whose sound becomes a moving picture for a projector",
    lambda venue: list(_mistakes(venue)),
)

STAGE_FRAMES: Topic[StageFrame] = Topic(
    "stage.frames",
    "stage",
    StageFrame,
    "pulso.stage.frame.v1",
    "Level, bands, onsets and beats of a stage's sound, some twenty times a second, for the page of visuals.",
    retention_ms=10 * MINUTE,
    from_source=True,
)
