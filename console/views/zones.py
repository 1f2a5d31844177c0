"""People in the venue and by zone: density, flow, occupancy against capacity, gates; and which cameras see."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from schemas.attendance import VenueOccupancy
from schemas.results import CrowdCount, ZoneCount
from schemas.venue import Venue

CHANNEL = "zones"


class Zones:
    """The last count of each camera.

    Cameras on one zone are shown one by one and the zone by its worst: no average hides one.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._last: dict[str, tuple[CrowdCount, int]] = {}
        self._attendance: tuple[VenueOccupancy, int] | None = None

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply a count; one that Kafka took before the last is left out."""
        if isinstance(record, VenueOccupancy):
            self._attendance = (record, at)
            return {CHANNEL}
        if not isinstance(record, CrowdCount):
            return set()
        known = self._last.get(record.camera)
        if known is not None and at < known[1]:
            return set()
        self._last[record.camera] = (record, at)
        return {CHANNEL}

    def state(self, _channel: str = CHANNEL) -> dict[str, Any]:
        """Zones as the venue file has them, and cameras."""
        return {
            "venue": self._in_venue(),
            "zones": [self._zone(zone.id) for zone in self._venue.zones],
            "cameras": [
                {"id": camera.id, "at": at, "blind": count.blind if count else None}
                for camera in self._venue.cameras
                for count, at in [self._last.get(camera.id, (None, None))]
            ],
        }

    def _in_venue(self) -> dict[str, Any] | None:
        """How many are in, by the gates; None where no gate is counted."""
        if self._attendance is None:
            return None
        told, at = self._attendance
        return {"capacity": self._venue.capacity, "at": at, **msgspec.to_builtins(told)}

    def _zone(self, name: str) -> dict[str, Any]:
        zone = next(zone for zone in self._venue.zones if zone.id == name)
        views: list[tuple[str, int, ZoneCount]] = [
            (camera, at, seen)
            for camera, (count, at) in sorted(self._last.items())
            if count.blind is None
            for seen in count.zones
            if seen.zone == name
        ]
        densest = max((seen for *_, seen in views), key=lambda seen: seen.density or 0, default=None)
        fullest = max((seen for *_, seen in views), key=lambda seen: seen.limit_chance or 0, default=None)
        return {
            "id": zone.id,
            "title": zone.title or zone.id,
            "capacity": zone.capacity,
            "persons": max((seen.persons for *_, seen in views), default=None),
            "density": densest and densest.density,
            "level": densest and densest.level_of_service,
            "flow": msgspec.to_builtins(densest.flow) if densest and densest.flow else None,
            "limit_chance": fullest and fullest.limit_chance,
            "minutes_to_limit": fullest and fullest.minutes_to_limit,
            "jammed": [exit.exit for *_, seen in views if seen.flow for exit in seen.flow.exits if exit.jammed],
            "at": max((at for _, at, _ in views), default=None),
            "views": [
                {"camera": camera, "at": at, "persons": seen.persons, "density": seen.density}
                for camera, at, seen in views
            ],
        }
