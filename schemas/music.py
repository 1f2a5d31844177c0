"""Music: tags of sound fragments; their topics; stages and lighting desks of the venue file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeVar

from msgspec import Struct
from pydantic import Field, field_validator, model_validator

from schemas.addresses import HostName, StreamUrl
from schemas.fields import NAMED, Instant, NonNegative, Probability, repeated
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


V = TypeVar("V")

LightsProtocol = Literal["osc", "sacn", "artnet"]

DMX_CHANNELS = 512
"""Channels of a DMX universe."""

MAX_DMX_RATE = 44
"""Frames a second of a full universe on a DMX line."""

MAX_UNIVERSE = {"sacn": 63_999, "artnet": 32_767}
MIN_UNIVERSE = {"sacn": 1, "artnet": 0}
DEFAULT_PORTS = {"sacn": 5568, "artnet": 6454}


def default_channels() -> dict[str, int]:
    """Return the default DMX channel of every value at frame rate: 1 to 11, in their order."""
    return {name: number for number, name in enumerate(LIVE_VALUES, 1)}


class LightsSettings(Part):
    """Lighting desk that receives the values of a stage: by OSC, sACN (E1.31) or Art-Net, over UDP.

    level, bands and onset (0 to 1), brightness (Hz), live_tempo (beats per minute) and beat (1) come at frame rate from
    the microphone source; mood, genre, tempo, key and silent (0 or 1) come with each fragment from the music worker.
    sACN and Art-Net carry those at frame rate only, as DMX channels from 0 to 255: see `docs/connect/lights.md`.
    """

    stage: Annotated[StageId, NAME]
    protocol: LightsProtocol = Field(default="osc", description="protocol that the desk reads")
    host: HostName | None = Field(
        default=None, min_length=1, description="name or address of the desk; for sacn it may be left out: multicast"
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="UDP port of the desk; left out: 5568 for sacn, 6454 for artnet"
    )
    frames_per_second: float = Field(
        default=25, ge=1, le=100, description="messages per second for each value at frame rate; at most 44 of DMX"
    )
    addresses: dict[str, Annotated[str, Field(pattern=r"^/[^\s#*,?\[\]]*$")]] = Field(
        default_factory=default_addresses,
        description="OSC address by value, in which {stage} stands for the stage; a value left out is not sent",
    )
    universe: int | None = Field(default=None, ge=0, le=63_999, description="universe of sacn (from 1) or artnet")
    channels: dict[str, Annotated[int, Field(ge=1, le=DMX_CHANNELS)]] = Field(
        default_factory=default_channels, description="DMX channel by value, for sacn and artnet"
    )
    priority: int = Field(default=100, ge=0, le=200, description="priority of sacn among several sources")

    @field_validator("addresses")
    @classmethod
    def _known(cls, addresses: dict[str, str]) -> dict[str, str]:
        return _of_known_values(addresses, default_addresses())

    @field_validator("channels")
    @classmethod
    def _one_each(cls, channels: dict[str, int]) -> dict[str, int]:
        if twice := repeated(str(channel) for channel in channels.values()):
            raise ValueError(f"channel {', '.join(twice)} stands there twice")
        return _of_known_values(channels, default_channels())

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.protocol == "osc":
            if self.host is None or self.port is None:
                raise ValueError("give the host and the port of the desk")
            return self
        if self.host is None and self.protocol == "artnet":
            raise ValueError("give the host of the desk, or the network's broadcast address")
        least, most = MIN_UNIVERSE[self.protocol], MAX_UNIVERSE[self.protocol]
        if self.universe is None or not least <= self.universe <= most:
            raise ValueError(f"give the universe, from {least} to {most}")
        if self.frames_per_second > MAX_DMX_RATE:
            raise ValueError(f"DMX has at most {MAX_DMX_RATE} frames per second")
        return self

    @property
    def destination(self) -> tuple[str, int]:
        """Return the host and port to send to; of sACN without a host its multicast group (E1.31, 9.3.1)."""
        universe = self.universe or 0
        host = self.host or f"239.255.{universe >> 8}.{universe & 255}"
        return host, self.port or DEFAULT_PORTS[self.protocol]


def _of_known_values(given: dict[str, V], known: Iterable[str]) -> dict[str, V]:
    names = list(known)
    if unknown := sorted(set(given) - set(names)):
        raise ValueError(f"{', '.join(unknown)} is not a valid value; valid are {', '.join(names)}")
    return given


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
