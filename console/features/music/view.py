"""Tags of each stage, now and over the evening."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

import msgspec
from msgspec import Struct

from schemas.ids import StageId
from schemas.music import MusicTags
from schemas.venue import Venue

CHANNEL = "music"
MAX_FRAGMENTS = 2_000
"""Fragments that are kept of a stage."""

STAGE_IDLE_MS = 7 * 24 * 3_600_000
"""Time without a fragment after which a stage is forgotten; one of the venue file is then shown as before the first."""

RECENT_FRAGMENTS = 60
"""Fragments of a stage whose label can be corrected: those of five minutes."""

SHOWN_CHANGES = 12
"""Changes of mood or genre that a page gets, the newest first."""

SHOWN_POINTS = 240
"""Points of the history that a page gets."""


class PastFragment(Struct, frozen=True):
    """Tags of a fragment that is over: the twentieth part of them that is shown."""

    time: datetime
    mood: str
    mood_confidence: float
    genre: str
    genre_confidence: float
    tempo: int
    silent: bool


class ShownStage(TypedDict):
    """A stage as the page gets it.

    Attributes:
        now: fields of `MusicTags`; None before the first fragment.
        history: fields of `PastFragment`, oldest first.
        changes: time, kind (mood or genre), before and after, newest first.
    """

    id: StageId
    at: int | None
    now: dict[str, object] | None
    history: list[dict[str, object]]
    changes: list[dict[str, str]]


class MusicPageState(TypedDict):
    """State of the channel `music`."""

    stages: list[ShownStage]


class MusicView:
    """The last tags of every stage, and their history."""

    def __init__(self, venue: Venue) -> None:
        self._stages = [stage.id for stage in venue.stages]
        self._now: dict[StageId, tuple[MusicTags, int]] = {}
        self._past: dict[StageId, deque[PastFragment]] = {}
        self._recent: dict[StageId, deque[MusicTags]] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply the tags of one fragment."""
        if not isinstance(record, MusicTags):
            return set()
        past = self._past.setdefault(record.stage, deque(maxlen=MAX_FRAGMENTS))
        if past and record.time < past[-1].time:
            past.clear()  # the evening began anew
        past.append(_past(record))
        self._recent.setdefault(record.stage, deque(maxlen=RECENT_FRAGMENTS)).append(record)
        self._now[record.stage] = record, received_at
        for name in [name for name, (_, at) in self._now.items() if received_at - at > STAGE_IDLE_MS]:
            del self._now[name], self._past[name], self._recent[name]
        return {CHANNEL}

    def recent(self, stage: str, event_id: str) -> MusicTags | None:
        """Return the tags of a recent fragment, or None."""
        return next((tags for tags in self._recent.get(StageId(stage), ()) if tags.event_id == event_id), None)

    def state(self, channel: str = CHANNEL) -> MusicPageState:
        """Return every stage with its last tags and its history."""
        return {"stages": [self._stage(name) for name in dict.fromkeys([*self._stages, *sorted(self._now)])]}

    def _stage(self, name: StageId) -> ShownStage:
        if name not in self._now:
            return {"id": name, "at": None, "now": None, "history": [], "changes": []}
        (now, at), past = self._now[name], self._past[name]
        # Every n-th fragment counted from the newest, so that the newest is always there.
        every = -(-len(past) // SHOWN_POINTS)
        history = list(past)[::-every][::-1]
        return {
            "id": name,
            "at": at,
            "now": msgspec.to_builtins(now),
            "changes": _changes(past),
            "history": [msgspec.to_builtins(one) | {"time": one.time.isoformat()} for one in history],
        }


def _past(tags: MusicTags) -> PastFragment:
    return PastFragment(
        tags.time,
        sys.intern(tags.mood),
        round(tags.mood_confidence, 2),
        sys.intern(tags.genre),
        round(tags.genre_confidence, 2),
        round(tags.tempo),
        tags.silent,
    )


def _changes(history: Iterable[PastFragment]) -> list[dict[str, str]]:
    """Return when mood or genre changed, the newest first; silence in between is not a change."""
    changes: list[dict[str, str]] = []
    last: dict[str, str] = {}
    for tags in history:
        if tags.silent:
            continue
        for kind, name in (("mood", tags.mood), ("genre", tags.genre)):
            if last.get(kind, name) != name:
                changes.append({"time": tags.time.isoformat(), "kind": kind, "before": last[kind], "after": name})
            last[kind] = name
    return changes[: -SHOWN_CHANGES - 1 : -1]
