"""People by zone: density, level, flow and forecast; and the cameras that count them."""

from __future__ import annotations

from typing import Literal, TypedDict

import msgspec
from msgspec import Struct

from processors.festival.zone_people import people_in_zone, zones_seen_in_parts
from processors.sources.silent_sources import SilentSources
from schemas.crowd import CrowdCount, ZoneCount, ZoneSettings, ZoneUse
from schemas.ids import CameraId, GateId, ZoneId
from schemas.sources import SourceState
from schemas.venue import Venue

CHANNEL = "zones"

Trend = Literal["rising", "steady", "falling"]

TREND_MINUTES = 5
"""Horizon in minutes of the forecast that the trend is read from."""

MIN_TREND_SHARE, MIN_TREND_PERSONS = 0.05, 2.0
"""Change within that time, as a share of the people and in persons, below which a zone is steady."""


class CameraZoneCount(TypedDict):
    """Last count of one camera in a zone; `at` is Kafka's time (Unix milliseconds)."""

    camera: CameraId
    at: int
    persons: float
    density: float | None


class ShownZone(TypedDict):
    """A zone as pages get it.

    Attributes:
        use: what people do there, which decides the level of a density.
        persons: people counted in it; see `people_in_zone`.
        trend: of the forecast in five minutes, of the camera that counts most; None without a forecast.
        density: persons/m², of the camera that sees it densest; level, camera and flow are of the same camera.
        limit_chance: probability of reaching the capacity, of the camera for which it is highest.
        flow: fields of `ZoneFlow`.
        jammed: names of exits with a jam.
        blind: cameras of the zone that are silent: what they counted last is left out.
    """

    id: ZoneId
    title: str
    use: ZoneUse
    capacity: int
    persons: float | None
    trend: Trend | None
    density: float | None
    level: str | None
    camera: CameraId | None
    flow: dict[str, object] | None
    limit_chance: float | None
    minutes_to_limit: float | None
    jammed: list[str]
    at: int | None
    blind: list[CameraId]
    views: list[CameraZoneCount]


class CountingCamera(TypedDict):
    """A camera as pages get it: why it is blind, its zones and its gates."""

    id: CameraId
    at: int | None
    blind: str | None
    silent: bool
    zones: list[ZoneId]
    gates: list[GateId]


class ZonesState(TypedDict):
    """Part of the state of the channel `zones`."""

    zones: list[ShownZone]
    cameras: list[CountingCamera]


class ZonesView:
    """The last count of each camera.

    A page shows the counts of a zone's cameras one by one, and the zone by its worst: no average hides one.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._in_parts = zones_seen_in_parts(venue)
        self._last: dict[CameraId, tuple[CrowdCount, int]] = {}
        self._silent = SilentSources()

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a count; one that Kafka took before the last one of its camera is ignored."""
        if isinstance(record, SourceState):
            self._silent.add(record)
            return {CHANNEL}
        if not isinstance(record, CrowdCount):
            return set()
        last = self._last.get(record.camera)
        if last is not None and received_at < last[1]:
            return set()
        self._last[record.camera] = (record, received_at)
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> ZonesState:
        """Return the zones of the venue file, and its cameras."""
        return {
            "zones": [self._zone(zone) for zone in self._venue.zones],
            "cameras": [
                {
                    "id": camera.id,
                    "at": at,
                    "blind": count.blind if count else None,
                    "silent": self._is_silent(camera.id),
                    "zones": [view.zone for view in camera.views],
                    "gates": [gate.id for gate in camera.gates],
                }
                for camera in self._venue.cameras
                for count, at in [self._last.get(camera.id, (None, None))]
            ],
        }

    def _is_silent(self, camera: CameraId) -> bool:
        return bool(self._silent.cameras([camera]))

    def _zone(self, zone: ZoneSettings) -> ShownZone:
        counts: list[tuple[CameraId, int, ZoneCount]] = [
            (camera, at, counted)
            for camera, (count, at) in sorted(self._last.items())
            if count.blind is None and not self._is_silent(camera)
            for counted in count.zones
            if counted.zone == zone.id
        ]
        camera, densest = max(
            ((camera, counted) for camera, _, counted in counts),
            key=lambda one: one[1].density or 0,
            default=(None, None),
        )
        fullest = max((counted for *_, counted in counts), key=lambda counted: counted.limit_chance or 0, default=None)
        most = max((counted for *_, counted in counts), key=lambda counted: counted.persons, default=None)
        return {
            "id": zone.id,
            "title": zone.title or zone.id,
            "use": zone.use,
            "capacity": zone.capacity,
            "persons": people_in_zone([counted.persons for *_, counted in counts], in_parts=zone.id in self._in_parts),
            "trend": _trend(most) if most else None,
            "density": densest.density if densest else None,
            "level": densest.level_of_service if densest else None,
            "camera": camera,
            "flow": msgspec.to_builtins(densest.flow) if densest and densest.flow else None,
            "limit_chance": fullest.limit_chance if fullest else None,
            "minutes_to_limit": fullest.minutes_to_limit if fullest else None,
            "jammed": [
                exit.exit for *_, counted in counts if counted.flow for exit in counted.flow.exits if exit.jammed
            ],
            "blind": [
                camera.id
                for camera in self._venue.cameras
                if any(view.zone == zone.id for view in camera.views) and self._is_silent(camera.id)
            ],
            "at": max((at for _, at, _ in counts), default=None),
            "views": [
                {"camera": camera, "at": at, "persons": counted.persons, "density": counted.density}
                for camera, at, counted in counts
            ],
        }


def _trend(counted: ZoneCount) -> Trend | None:
    for ahead in counted.forecast:
        if ahead.minutes == TREND_MINUTES:
            change = ahead.mean - counted.persons
            if abs(change) < max(MIN_TREND_PERSONS, MIN_TREND_SHARE * counted.persons):
                return "steady"
            return "rising" if change > 0 else "falling"
    return None
