"""People in the venue and by zone: density, flow, occupancy against capacity, gates; and which cameras see."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from schemas.attendance import VenueOccupancy
from schemas.crowd import CrowdCount, ZoneCount
from schemas.venue import Venue

CHANNEL = "zones"
RATE_OVER = timedelta(minutes=5)
"""of the gates' own time, over which people a minute are taken"""


class Zones:
    """The last count of each camera.

    Cameras on one zone are shown one by one and the zone by its worst: no average hides one.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._last: dict[str, tuple[CrowdCount, int]] = {}
        self._attendance: deque[tuple[VenueOccupancy, int]] = deque(maxlen=2_000)

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply a count; one that Kafka took before the last is left out."""
        if isinstance(record, VenueOccupancy):
            self._count_gates(record, at)
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
                {
                    "id": camera.id,
                    "at": at,
                    "blind": count.blind if count else None,
                    "zones": [view.zone for view in camera.views],
                    "gates": [gate.id for gate in camera.gates],
                }
                for camera in self._venue.cameras
                for count, at in [self._last.get(camera.id, (None, None))]
            ],
        }

    def _in_venue(self) -> dict[str, Any] | None:
        """How many are in, by the gates; None where no gate is counted."""
        if not self._attendance:
            return None
        now, at = self._attendance[-1]
        rates = {gate.gate: self._rate(gate.gate) for gate in now.gates}
        told: dict[str, Any] = msgspec.to_builtins(now)
        gates = [gate | rates[gate["gate"]] for gate in told["gates"]]
        return {"capacity": self._venue.capacity, "at": at, **told, "gates": gates}

    def _count_gates(self, record: VenueOccupancy, at: int) -> None:
        past = self._attendance
        # A new day, or an evening that began anew: what was before says nothing of the flow now.
        if past and (record.time < past[-1][0].time or record.entered < past[-1][0].entered):
            past.clear()
        past.append((record, at))
        while len(past) > 1 and past[1][0].time <= record.time - RATE_OVER:
            past.popleft()

    def _rate(self, gate: str) -> dict[str, float | None]:
        """People in and out a minute; None before there are two counts to compare."""
        seen = [(record.time, total) for record, _ in self._attendance for total in record.gates if total.gate == gate]
        minutes = (seen[-1][0] - seen[0][0]).total_seconds() / 60
        if minutes <= 0:
            return {"in_a_minute": None, "out_a_minute": None}
        return {
            "in_a_minute": round((seen[-1][1].entered - seen[0][1].entered) / minutes, 1),
            "out_a_minute": round((seen[-1][1].left - seen[0][1].left) / minutes, 1),
        }

    def _zone(self, name: str) -> dict[str, Any]:
        zone = next(zone for zone in self._venue.zones if zone.id == name)
        views: list[tuple[str, int, ZoneCount]] = [
            (camera, at, seen)
            for camera, (count, at) in sorted(self._last.items())
            if count.blind is None
            for seen in count.zones
            if seen.zone == name
        ]
        looking, densest = max(
            ((camera, seen) for camera, _, seen in views), key=lambda one: one[1].density or 0, default=(None, None)
        )
        fullest = max((seen for *_, seen in views), key=lambda seen: seen.limit_chance or 0, default=None)
        return {
            "id": zone.id,
            "title": zone.title or zone.id,
            "capacity": zone.capacity,
            "persons": max((seen.persons for *_, seen in views), default=None),
            "density": densest and densest.density,
            "level": densest and densest.level_of_service,
            "camera": looking,
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
