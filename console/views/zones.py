"""People by zone: density, level of service, occupancy against capacity; and which cameras see."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from schemas.results import CrowdCount
from schemas.venue import Venue

CHANNEL = "zones"


class Zones:
    """The last count of each camera.

    Cameras on one zone are shown one by one and the zone by its worst: no average hides one.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._last: dict[str, tuple[CrowdCount, int]] = {}

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply a count; one that Kafka took before the last is left out."""
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
            "zones": [self._zone(zone.id) for zone in self._venue.zones],
            "cameras": [
                {"id": camera.id, "at": at, "blind": count.blind if count else None}
                for camera in self._venue.cameras
                for count, at in [self._last.get(camera.id, (None, None))]
            ],
        }

    def _zone(self, name: str) -> dict[str, Any]:
        zone = next(zone for zone in self._venue.zones if zone.id == name)
        views: list[dict[str, Any]] = [
            {"camera": camera, "at": at, "persons": seen.persons, "density": seen.density,
             "level": seen.level_of_service}
            for camera, (count, at) in sorted(self._last.items())
            if count.blind is None
            for seen in count.zones
            if seen.zone == name
        ]  # fmt: skip
        densest = max(views, key=lambda view: view["density"] or 0, default=None)
        return {
            "id": zone.id,
            "title": zone.title or zone.id,
            "capacity": zone.capacity,
            "persons": max((view["persons"] for view in views), default=None),
            "density": densest and densest["density"],
            "level": densest and densest["level"],
            "at": max((view["at"] for view in views), default=None),
            "views": views,
        }
