"""The last frame and tags of each stage with visuals, sent to its pages at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import msgspec
from msgspec import Struct

from console.update_hub import UpdateHub
from processors.visuals.frame_delays import FrameDelays
from schemas.ids import StageId
from schemas.music import MusicTags
from schemas.venue import Venue
from schemas.visuals import VISUALS, StageFrame
from stream.stores.accounts import Role

CHANNEL = "visuals"
ROLES: tuple[Role, ...] = ("production",)


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
        self._delays: dict[str, FrameDelays] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a frame, or the tags of a fragment."""
        if isinstance(record, MusicTags) and record.stage in self._stages:
            self._tags[record.stage] = record
            return {_channel_of(record.stage)}
        if isinstance(record, StageFrame) and record.stage in self._stages:
            delays = self._delays.setdefault(record.stage, FrameDelays())
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
