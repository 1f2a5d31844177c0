"""Live state for all open companion pages: crowding, queues, changed sets and closed paths."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from console.conditional import SharedAnswer
from processors.companion.crowding import crowding
from processors.festival.closures import Closures
from processors.festival.walk_search import PathEnds
from processors.festival.zone_people import people_in_zone, zones_seen_in_parts
from schemas.companion import CompanionState, Crowding, QueueState, SetChange, ZoneCrowding
from schemas.crowd import CrowdCount
from schemas.ids import CameraId, PlaceId, QueueId, SetId, ZoneId
from schemas.programme import ProgrammeSet
from schemas.queues import QUEUES, QueueSettings, QueueWait
from schemas.routes import PathState
from schemas.venue import Venue

CHANNEL = "companion"

STALE_MS = 90_000
"""Age from which a count or a waiting time says nothing about now."""

ROUNDED_PERSONS = 5
"""People in a queue are told in steps: an answer that changes with each head would be sent again each time."""


class CompanionView:
    """The last result of each zone, queue, set and path.

    Attributes:
        shared: the state as JSON for all pages; made at most once a second.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._in_parts = zones_seen_in_parts(venue)
        self._queues = {queue.id: queue for queue in venue.section(QUEUES)}
        self._counts: dict[CameraId, tuple[CrowdCount, int]] = {}
        self._waits: dict[QueueId, tuple[QueueWait, int]] = {}
        self._sets: dict[SetId, tuple[ProgrammeSet, int]] = {}
        self._programme = ""
        self._closures = Closures()
        self.shared = SharedAnswer(self.present)

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a result."""
        if isinstance(record, CrowdCount):
            self._counts[record.camera] = record, received_at
        elif isinstance(record, QueueWait):
            self._waits[record.queue] = record, received_at
        elif isinstance(record, ProgrammeSet):
            self._sets[record.id] = record, received_at
            self._programme = ""
        elif isinstance(record, PathState):
            self._closures.add(record)
        else:
            return set()
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the state for subscribers of the channel."""
        del channel
        return msgspec.structs.asdict(self.present())

    def present(self) -> CompanionState:
        """Return what the page shows; nothing in it changes while nothing happens, so that polls stay small."""
        now = time.time() * 1000
        changes = sorted(self._sets.values(), key=lambda pair: (-pair[1], pair[0].id))
        return CompanionState(
            programme=self._programme_version(),
            zones=tuple(
                ZoneCrowding(
                    id=zone.id, title=zone.title or zone.id, crowding=self._crowding(zone.id, zone.capacity, now)
                )
                for zone in self._venue.zones
            ),
            queues=tuple(self._queue(queue, now) for queue in self._queues.values()),
            changes=tuple(SetChange(set=one, at=at) for one, at in changes if one.status != "scheduled"),
            closed=_sorted_ends(self._closures.closed_paths),
            crowded=_sorted_ends(self._closures.crowded_paths),
        )

    def _programme_version(self) -> str:
        """Return a text that changes with the programme: pages load it again then."""
        if not self._programme:
            sets = [self._sets[name][0] for name in sorted(self._sets)]
            self._programme = hashlib.sha256(msgspec.json.encode(sets)).hexdigest()[:16]
        return self._programme

    def _crowding(self, zone: ZoneId, capacity: int, now: float) -> Crowding | None:
        """Return the crowding of all people, at the worst density that a camera sees; None where none sees it now."""
        seen = [
            counted
            for count, at in self._counts.values()
            if count.blind is None and now - at < STALE_MS
            for counted in count.zones
            if counted.zone == zone
        ]
        persons = people_in_zone([counted.persons for counted in seen], in_parts=zone in self._in_parts)
        if persons is None:
            return None
        levels = [counted.level_of_service for counted in seen if counted.level_of_service is not None]
        return crowding(persons, capacity, max(levels, default=None))

    def _queue(self, queue: QueueSettings, now: float) -> QueueState:
        wait, at = self._waits.get(queue.id, (None, 0))
        state = QueueState(id=queue.id, title=queue.title or queue.id, place=queue.place)
        if wait is None or wait.persons is None or now - at >= STALE_MS:
            return state
        return msgspec.structs.replace(
            state,
            persons=round(wait.persons / ROUNDED_PERSONS) * ROUNDED_PERSONS,
            wait=_whole(wait.wait_minutes),
            low=_whole(wait.wait_low_minutes),
            high=_whole(wait.wait_high_minutes),
        )


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)


def _sorted_ends(paths: Iterable[PathEnds]) -> tuple[tuple[PlaceId, PlaceId], ...]:
    return tuple(sorted((min(ends), max(ends)) for ends in paths))
