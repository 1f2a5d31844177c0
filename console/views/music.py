"""What is heard on each stage, now and over the evening."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schemas.music import MusicTags
from schemas.venue import Venue

CHANNEL = "music"
HISTORY = 2_000
"""fragments kept of a stage"""
CHANGES = 12
"""of mood or genre that a page gets, the newest first"""
SHOWN = 240
"""points of the history that a page gets"""


class Past(Struct, frozen=True):
    """What is shown of a fragment that is over: a twentieth of its tags."""

    time: datetime
    mood: str
    mood_confidence: float
    genre: str
    genre_confidence: float
    tempo: int
    silent: bool


class Music:
    """What is heard on every stage, and what was."""

    def __init__(self, venue: Venue) -> None:
        self._titles = [stage.id for stage in venue.stages]
        self._now: dict[str, tuple[MusicTags, int]] = {}
        self._past: dict[str, deque[Past]] = {}

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply the tags of one fragment."""
        if not isinstance(record, MusicTags):
            return set()
        past = self._past.setdefault(record.stage, deque(maxlen=HISTORY))
        if past and record.time < past[-1].time:
            past.clear()  # an evening began anew
        past.append(_past(record))
        self._now[record.stage] = record, at
        return {CHANNEL}

    def state(self, _channel: str = CHANNEL) -> dict[str, Any]:
        """Every stage with what is heard now, and its history."""
        return {"stages": [self._stage(name) for name in dict.fromkeys([*self._titles, *sorted(self._now)])]}

    def _stage(self, name: str) -> dict[str, Any]:
        if name not in self._now:
            return {"id": name, "at": None, "now": None, "history": [], "changes": []}
        (now, at), past = self._now[name], self._past[name]
        # Every n-th fragment counted from the newest, so that the newest is always there.
        every = -(-len(past) // SHOWN)
        history = list(past)[::-every][::-1]
        return {
            "id": name,
            "at": at,
            "now": msgspec.to_builtins(now),
            "changes": _changes(past),
            "history": [msgspec.to_builtins(one) | {"time": one.time.isoformat()} for one in history],
        }


def _past(tags: MusicTags) -> Past:
    return Past(
        tags.time,
        sys.intern(tags.mood),
        round(tags.mood_confidence, 2),
        sys.intern(tags.genre),
        round(tags.genre_confidence, 2),
        round(tags.tempo),
        tags.silent,
    )


def _changes(heard: Iterable[Past]) -> list[dict[str, str]]:
    """When mood or genre became another one, the newest first; silence in between changes nothing."""
    found: list[dict[str, str]] = []
    last: dict[str, str] = {}
    for tags in heard:
        if tags.silent:
            continue
        for kind, name in (("mood", tags.mood), ("genre", tags.genre)):
            if last.get(kind, name) != name:
                found.append({"time": tags.time.isoformat(), "kind": kind, "before": last[kind], "after": name})
            last[kind] = name
    return found[: -CHANGES - 1 : -1]
