"""What is heard on each stage, now and over the evening."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
from msgspec import Struct

from schemas.results import MusicTags
from schemas.venue import Venue

CHANNEL = "music"
HISTORY = 2_000
"""fragments kept of a stage"""
CHANGES = 12
"""of mood or genre that a page gets, the newest first"""
SHOWN = 240
"""points of the history that a page gets"""


class Music:
    """The last fragments of every stage."""

    def __init__(self, venue: Venue) -> None:
        self._titles = [stage.id for stage in venue.stages]
        self._heard: dict[str, deque[tuple[MusicTags, int]]] = {}

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply the tags of one fragment."""
        if not isinstance(record, MusicTags):
            return set()
        heard = self._heard.setdefault(record.stage, deque(maxlen=HISTORY))
        if heard and record.time < heard[-1][0].time:
            heard.clear()  # an evening began anew
        heard.append((record, at))
        return {CHANNEL}

    def state(self, _channel: str = CHANNEL) -> dict[str, Any]:
        """Every stage with what is heard now, and its history."""
        return {"stages": [self._stage(name) for name in dict.fromkeys([*self._titles, *sorted(self._heard)])]}

    def _stage(self, name: str) -> dict[str, Any]:
        heard = self._heard.get(name)
        if not heard:
            return {"id": name, "at": None, "now": None, "history": [], "changes": []}
        now, at = heard[-1]
        # Every n-th fragment counted from the newest, so that the newest is always there.
        every = -(-len(heard) // SHOWN)
        history = [tags for tags, _ in list(heard)[:: -every or -1]][::-1]
        return {
            "id": name,
            "at": at,
            "now": msgspec.to_builtins(now),
            "changes": _changes([tags for tags, _ in heard]),
            "history": [
                {
                    "time": tags.time.isoformat(),
                    "mood": tags.mood,
                    "mood_confidence": round(tags.mood_confidence, 2),
                    "genre": tags.genre,
                    "genre_confidence": round(tags.genre_confidence, 2),
                    "tempo": round(tags.tempo),
                    "silent": tags.silent,
                }
                for tags in history
            ],
        }


def _changes(heard: list[MusicTags]) -> list[dict[str, str]]:
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
