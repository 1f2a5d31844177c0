"""Captions: lines of what is said on stage, corrections by people; their topics; speech feeds of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct
from pydantic import Field

from schemas.addresses import StreamUrl
from schemas.fields import NAMED, Identifier, Instant, NonNegative, Probability, repeated
from schemas.ids import CaptionId, EventId, StageId
from schemas.topic import DAY, MEDIA_BYTES, MINUTE, Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

MAX_TEXT = 1_000
"""Letters of a line; six seconds of fast speech have some 150."""

CaptionText = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class CaptionLine(Struct, frozen=True, kw_only=True):
    """Words said on a stage between two pauses; a correction replaces the line of the same id."""

    id: Annotated[CaptionId, NAMED]
    """Of the piece of speech; its corrections have the same."""
    event_id: Annotated[EventId, NAMED]
    stage: Annotated[StageId, NAMED]
    begin: Instant
    until: Instant
    """Begin and end of the speech."""
    time: Instant
    """When the line was written, or corrected."""
    language: Language
    text: CaptionText
    translation: CaptionText | None = None
    """The same in the other language; None where nothing translates."""
    model: str
    confidence: Probability = 0.0
    """Mean probability of a token."""
    automatic: bool = True
    """False for a line that a person corrected."""
    corrected_by: Identifier | None = None
    skipped_seconds: NonNegative = 0.0
    """Speech before this line that was dropped because it was too old."""
    spoken: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Text before names were corrected from the programme; empty where it is the same."""


class CaptionCorrection(Struct, frozen=True, kw_only=True):
    """A person's correction of a line."""

    id: Annotated[str, NAMED]
    line: Annotated[CaptionId, NAMED]
    stage: Annotated[StageId, NAMED]
    text: CaptionText
    translation: CaptionText | None = None
    """Given by the person; None: it is translated again."""
    by: Identifier
    time: Instant


SPEECH: Topic[bytes] = Topic(
    "audio.speech",
    "stage",
    None,
    "pulso.audio.speech.v1",
    "A piece of speech between two pauses, of at most some seconds; its time is that of its end.",
    retention_ms=10 * MINUTE,
    max_bytes=MEDIA_BYTES,
    content_type="audio/flac",
    sensitive=True,
    from_source=True,
)

CAPTIONS = Topic(
    "captions.lines",
    "stage",
    CaptionLine,
    "pulso.caption.line.v1",
    "What is said on a stage, in lines; a line of an id that is known replaces it.",
    retention_ms=7 * DAY,
)

CORRECTIONS = Topic(
    "captions.corrections",
    "stage",
    CaptionCorrection,
    "pulso.caption.correction.v1",
    "Corrections of lines by people.",
    retention_ms=7 * DAY,
)


class SpeechFeed(Part):
    """Speech of a stage: the host's microphone or an aux of the desk, never the mix with music."""

    stage: Annotated[StageId, NAME]
    url: StreamUrl | None = Field(default=None, description="a stream, a device, a file or a folder")
    language: Language | None = Field(
        default=None, description="language that is spoken; recognised line by line if left out, with more mistakes"
    )


class CaptionSettings(Part):
    """Live captions of speech on stage."""

    feeds: list[SpeechFeed] = Field(default_factory=list, description="speech feeds; a stage has one at most")
    names: list[Annotated[str, Field(min_length=2, max_length=80)]] = Field(
        default_factory=list,
        description="names that speakers say, as those of sponsors; acts and stages are known from the programme",
    )


def mistakes(venue: Venue) -> list[str]:
    """Return a sentence for each feed of an unknown stage, and each stage with two feeds."""
    feeds = venue.section(CAPTION_SETTINGS).feeds
    stages = {stage.id for stage in venue.stages}
    listed = ", ".join(sorted(stages)) or "none"
    unknown = [one.stage for one in feeds if one.stage not in stages]
    return [
        *(f"captions: {name!r} is not among stages: {listed}" for name in unknown),
        *(f"captions: stage {name} has two feeds; mix them before" for name in repeated(one.stage for one in feeds)),
    ]


CAPTION_SETTINGS: VenueSection[CaptionSettings] = VenueSection(
    "captions", CaptionSettings, CaptionSettings, "live captions of speech on stage", mistakes
)
