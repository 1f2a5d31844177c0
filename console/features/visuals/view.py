"""The last frame and tags of each stage with visuals, sent to its pages at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

import msgspec
from msgspec import Struct

from console.update_hub import UpdateHub
from schemas.ids import StageId
from schemas.music import MusicTags
from schemas.venue import Venue
from schemas.visuals import VISUALS, StageFrame
from stream.stores.accounts import Role

CHANNEL = "visuals"
ROLES: tuple[Role, ...] = ("production",)

MAX_LATENESS_MS = 1_000
"""A frame that is later than this, against the quickest of its stage, is not shown: after a cut of Kafka all come."""

RESET_FRAMES = 100
"""Late frames in a row after which the source's clock was set, rather than Kafka away."""


class ShownTags(TypedDict):
    """Tags of the last fragment, as the page gets them."""

    mood: str
    mood_confidence: float
    genre: str
    genre_confidence: float
    key: str
    silent: bool


class VisualsState(TypedDict):
    """State of one stage's channel.

    Attributes:
        frame: fields of `StageFrame`; None before the first.
        tags: None before the first fragment.
    """

    frame: dict[str, object] | None
    tags: ShownTags | None


class VisualsView:
    """Frames are published as they come: an update a second, as other pages get, is no moving picture."""

    def __init__(self, venue: Venue, hub: UpdateHub) -> None:
        self._hub = hub
        self._stages = frozenset(stages_of(venue))
        self._frames: dict[str, StageFrame] = {}
        self._tags: dict[str, MusicTags] = {}
        self._delays: dict[str, _Delays] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a frame, or the tags of a fragment."""
        if isinstance(record, MusicTags) and record.stage in self._stages:
            self._tags[record.stage] = record
            return {_channel_of(record.stage)}
        if isinstance(record, StageFrame) and record.stage in self._stages:
            delays = self._delays.setdefault(record.stage, _Delays())
            if delays.is_late(record.time, received_at):
                return set()
            self._frames[record.stage] = record
            channel = _channel_of(record.stage)
            if self._hub.has_subscribers(channel):
                self._hub.publish(channel, msgspec.json.encode(self.state(channel)))
        return set()

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the last frame and tags of a stage."""
        stage = channel.partition(":")[2]
        frame, tags = self._frames.get(stage), self._tags.get(stage)
        state: VisualsState = {
            "frame": None if frame is None else msgspec.to_builtins(frame),
            "tags": None if tags is None else _shown(tags),
        }
        return state


class _Delays:
    """Delays of one stage's frames between the source's clock and Kafka's, which may differ by any amount."""

    def __init__(self) -> None:
        self._least: float | None = None
        self._late = 0

    def is_late(self, time: datetime, received_at: int) -> bool:
        """Return True for a frame that waited on its way."""
        delay = received_at - time.timestamp() * 1000
        if self._least is None or delay < self._least or self._late >= RESET_FRAMES:
            self._least, self._late = delay, 0
            return False
        late = delay - self._least > MAX_LATENESS_MS
        self._late = self._late + 1 if late else 0
        return late


def stages_of(venue: Venue) -> list[StageId]:
    """Return the stages with visuals, in the order of the venue file."""
    return [StageId(one.stage) for one in venue.section(VISUALS)]


def _channel_of(stage: str) -> str:
    return f"{CHANNEL}:{stage}"


def _shown(tags: MusicTags) -> ShownTags:
    return {
        "mood": tags.mood,
        "mood_confidence": tags.mood_confidence,
        "genre": tags.genre,
        "genre_confidence": tags.genre_confidence,
        "key": tags.key,
        "silent": tags.silent,
    }
