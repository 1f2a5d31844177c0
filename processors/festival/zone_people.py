"""People of a zone that several cameras see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from schemas.crowd import CrowdCount
from schemas.ids import CameraId, ZoneId
from schemas.venue import Venue

MAX_PARTS_SHARE = 1.05
"""Sum of the areas that cameras see, as a share of the zone's, up to which they are taken to see different parts."""

MAX_AGE = timedelta(seconds=90)
"""Age from which the count of a camera is left out."""


def zones_seen_in_parts(venue: Venue) -> frozenset[ZoneId]:
    """Return the zones of which every view gives its area, and that are large enough for all of these areas."""
    parts = set()
    for zone in venue.zones:
        areas = [view.area_m2 for camera in venue.cameras for view in camera.views if view.zone == zone.id]
        known = [area for area in areas if area is not None]
        if len(areas) == len(known) > 1 and sum(known) <= MAX_PARTS_SHARE * zone.area_m2:
            parts.add(zone.id)
    return frozenset(parts)


def people_in_zone(counts: Sequence[float], *, in_parts: bool) -> float | None:
    """Return the people of a zone: the sum of cameras that see different parts of it, otherwise the highest count.

    >>> people_in_zone([120, 90], in_parts=True), people_in_zone([120, 90], in_parts=False)
    (210, 120)
    """
    if not counts:
        return None
    return sum(counts) if in_parts else max(counts)


class ZonePeople:
    """People of each zone, from the last count of each camera.

    Args:
        in_parts: zones of which cameras see different parts.
    """

    def __init__(self, in_parts: Collection[ZoneId]) -> None:
        self._in_parts = in_parts
        self._counts: dict[CameraId, CrowdCount] = {}

    def add(self, count: CrowdCount) -> None:
        """Add what a camera counts now; one that is blind counts nobody."""
        last = self._counts.get(count.camera)
        if last is None or last.time <= count.time:
            self._counts[count.camera] = count

    def persons(self, zone: ZoneId, now: datetime) -> float | None:
        """Return the people of a zone; None where no camera sees it."""
        seen = [
            part.persons
            for count in self._counts.values()
            if count.blind is None and now - count.time <= MAX_AGE
            for part in count.zones
            if part.zone == zone
        ]
        return people_in_zone(seen, in_parts=zone in self._in_parts)
