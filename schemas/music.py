"""Music: tags of sound fragments; their topics; stages and lighting desks of the venue file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import Field, field_validator

from schemas.addresses import HostName, StreamUrl
from schemas.fields import NAMED, Instant, NonNegative, Probability
from schemas.ids import EventId, StageId, ZoneId
from schemas.topic import MEDIA_BYTES, MINUTE, Topic
from schemas.venue_parts import NAME, Part, Share


class MusicTags(Struct, frozen=True, kw_only=True):
    """Mood, genre, tempo and loudness of a stage."""

    event_id: Annotated[EventId, NAMED]
    stage: Annotated[StageId, NAMED]
    time: Instant
    seconds: NonNegative
    mood: str
    mood_confidence: Probability
    moods: dict[str, float]
    genre: str
    genre_confidence: Probability
    genres: dict[str, float]
    tempo: NonNegative
    """Beats per minute; 0 where there is no beat."""
    loudness: float
    """Root mean square of the fragment in dBFS, at most 0."""
    silent: bool
    model: str
    beats: tuple[float, ...] = ()
    """Times of the beats in seconds relative to `time`, at most 0."""
    bands: dict[str, float] = {}
    """Loudness of the last five seconds in sub, bass, low_mid, mid, high_mid and high, dBFS."""
    onset_strength: NonNegative = 0.0
    """Mean rise of the mel bands in the last five seconds, dB."""
    brightness: NonNegative = 0.0
    """Spectral centroid of the last five seconds, Hz."""
    key: str = ""
    """Key from C major to B minor; empty where none is clear."""
    key_confidence: Probability = 0.0


class StageSettings(Part):
    """Stage and its microphone."""

    id: Annotated[StageId, NAME]
    zone: Annotated[ZoneId, NAME] | None = Field(default=None, description="id of the zone before the stage")
    url: StreamUrl | None = Field(default=None, description="a stream, a device, a file or a folder")


class MusicSettings(Part):
    """Confidence limits of the mood and genre labels."""

    mood_limit: Share = Field(default=0.45, description="confidence below which the mood is called unsure")
    genre_limit: Share = Field(default=0.45, description="confidence below which the genre is called unknown")


LIVE_VALUES = (
    "level",
    "sub",
    "bass",
    "low_mid",
    "mid",
    "high_mid",
    "high",
    "onset",
    "brightness",
    "beat",
    "live_tempo",
)
"""Values that a lighting desk receives at frame rate."""

TAG_VALUES = ("mood", "mood_confidence", "genre", "genre_confidence", "tempo", "key", "silent")
"""Values that a lighting desk receives with each fragment."""


def default_addresses() -> dict[str, str]:
    """Return the default OSC address of every value."""
    return {name: f"/pulso/{{stage}}/{name}" for name in (*LIVE_VALUES, *TAG_VALUES)}


class LightsSettings(Part):
    """Lighting desk that receives the values of a stage by OSC over UDP.

    level, bands and onset (0 to 1), brightness (Hz), live_tempo (beats per minute) and beat (1) come at frame rate from
    the microphone source; mood, genre, tempo, key and silent (0 or 1) come with each fragment from the music worker.
    """

    stage: Annotated[StageId, NAME]
    host: HostName = Field(min_length=1, description="name or address of the desk")
    port: int = Field(ge=1, le=65535, description="UDP port of the desk")
    frames_per_second: float = Field(
        default=25, ge=1, le=100, description="messages per second for each value at frame rate"
    )
    addresses: dict[str, Annotated[str, Field(pattern=r"^/[^\s#*,?\[\]]*$")]] = Field(
        default_factory=default_addresses,
        description="OSC address by value, in which {stage} stands for the stage; a value left out is not sent",
    )

    @field_validator("addresses")
    @classmethod
    def _known(cls, addresses: dict[str, str]) -> dict[str, str]:
        known = default_addresses()
        if unknown := sorted(set(addresses) - set(known)):
            raise ValueError(f"{', '.join(unknown)} is not a valid value; valid are {', '.join(known)}")
        return addresses


SNIPPETS: Topic[bytes] = Topic(
    "audio.snippets",
    "stage",
    None,
    "pulso.audio.snippet.v1",
    "Up to 30 seconds of audio of a stage, in any format that libsndfile or ffmpeg reads.",
    retention_ms=10 * MINUTE,
    max_bytes=MEDIA_BYTES,
    content_type="audio/ogg",
    sensitive=True,
    from_source=True,
)


TAGS = Topic("music.tags", "stage", MusicTags, "pulso.music.tags.v1", "Mood, genre, tempo and loudness of a stage.")
