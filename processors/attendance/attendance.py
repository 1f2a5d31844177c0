"""Estimate of the people in the venue from gate crossings, zone counts and corrections; never negative."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct, field

from schemas.attendance import AttendanceChange, GateTotal, VenueOccupancy
from schemas.ids import CameraId, EventId, GateId, ZoneId

MAX_RECENT_IDS = 64
"""Ids of the last changes that are stored to recognise repetitions."""

ZONE_COUNT_TTL = 120.0
"""Seconds for which the count of a zone is valid."""

ZONE_COUNT_FORGOTTEN = 3600.0
"""Age in seconds from which a count is removed: events of several cameras come in no fixed order."""

RECONCILE_SECONDS = 60.0
"""Time constant in seconds with which the estimate rises towards the people counted in the zones."""

ZONE_COUNT_SHARE = 0.9
"""Share of the people counted in the zones that is a lower bound of the estimate, since head counts have errors too."""

CLOCK_RESET_SECONDS = 60.0
"""A crossing this much older than the last one of its gate comes from a clock that was set back, or a replay."""


class ZoneOccupancy(Struct):
    """Last count of a zone by one camera; time in seconds."""

    persons: float
    time: float


class GateCounts(Struct):
    """Totals of one gate up to the time `until` in seconds; None before the first crossing."""

    entered: float = 0.0
    left: float = 0.0
    until: float | None = None


class AttendanceState(Struct):
    """State of the estimate; plain data, a row of a state table.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> attendance = AttendanceState()
    >>> for number, kind, values in ((1, "crossing", {"entered": 40.0, "left": 3.0}), (2, "correct", {"persons": 50.0}),
    ...                              (3, "crossing", {"left": 80.0})):
    ...     change = AttendanceChange(id=str(number), kind=kind, time=noon.replace(minute=number), by="east", **values)
    ...     print(attendance.apply(change, offset=number), attendance.persons, attendance.unexplained)
    True 37.0 0.0
    True 50.0 0.0
    True 0.0 30.0

    Attributes:
        offset: offset of the last change applied, in the only partition; -1 before the first.
        persons: people in the venue.
        corrected: people added or removed by manual corrections since the last reset.
        reconciled: people added because more were counted in the zones than had entered by the gates.
        unexplained: people who left by the gates when the estimate was already 0.
        gates: totals by gate.
        zones: last counts by zone and camera.
        reconcile_time: time of the last zone count, seconds; None before the first.
        recent: ids of the last changes.
    """

    offset: int = -1
    persons: float = 0.0
    corrected: float = 0.0
    reconciled: float = 0.0
    unexplained: float = 0.0
    gates: dict[GateId, GateCounts] = field(default_factory=dict)
    zones: dict[ZoneId, dict[CameraId, ZoneOccupancy]] = field(default_factory=dict)
    reconcile_time: float | None = field(default=None, name="looked")
    recent: tuple[str, ...] = ()

    def apply(self, change: AttendanceChange, offset: int) -> bool:
        """Apply one change; return False for a repetition, which changes nothing."""
        if offset <= self.offset or change.id in self.recent:
            return False
        self.offset = offset
        self.recent = (*self.recent[1 - MAX_RECENT_IDS :], change.id)
        match change.kind:
            case "crossing":
                return self._add_crossing(change)
            case "seen":
                self._add_zone_count(change)
            case "correct":
                self.corrected += change.persons - self.persons
                self.persons = change.persons
            case "reset":
                self.persons, self.corrected, self.reconciled, self.unexplained = change.persons, 0.0, 0.0, 0.0
                self.gates = {name: GateCounts(until=gate.until) for name, gate in self.gates.items()}
        return True

    def _add_crossing(self, change: AttendanceChange) -> bool:
        gate = self.gates.setdefault(GateId(change.by), GateCounts())
        since = (change.since or change.time).timestamp()
        # A millisecond of tolerance for rounding of the time.
        if gate.until is not None and gate.until - CLOCK_RESET_SECONDS < since < gate.until - 1e-3:
            return False
        gate.until = change.time.timestamp()
        gate.entered += change.entered
        gate.left += change.left
        after = self.persons + change.entered - change.left
        # Whoever leaves was inside: below 0, their entry was not counted.
        self.unexplained += max(0.0, -after)
        self.persons = max(0.0, after)
        return True

    def _add_zone_count(self, change: AttendanceChange) -> None:
        time = change.time.timestamp()
        self._forget_zone_counts(time)
        cameras = self.zones.setdefault(change.zone or ZoneId(""), {})
        cameras[CameraId(change.by)] = ZoneOccupancy(change.persons, time)
        elapsed = 0.0 if self.reconcile_time is None else max(0.0, min(time - self.reconcile_time, RECONCILE_SECONDS))
        self.reconcile_time = time
        missing = ZONE_COUNT_SHARE * self.persons_seen(time) - self.persons
        if missing > 0:
            added = missing * (1 - math.exp(-elapsed / RECONCILE_SECONDS))
            self.persons += added
            self.reconciled += added

    def _forget_zone_counts(self, time: float) -> None:
        """Remove old counts: a camera or zone that was removed from the venue file must not stay for ever."""
        oldest = time - ZONE_COUNT_FORGOTTEN
        for zone, cameras in list(self.zones.items()):
            for camera in [camera for camera, one in cameras.items() if one.time < oldest]:
                del cameras[camera]
            if not cameras:
                del self.zones[zone]

    def persons_seen(self, time: float) -> float:
        """Return the people in all zones: each zone by its highest count of any camera, so that nobody counts twice."""
        return sum(
            max((one.persons for one in cameras.values() if abs(time - one.time) <= ZONE_COUNT_TTL), default=0.0)
            for cameras in self.zones.values()
        )

    def occupancy(self, event_id: EventId, time: datetime, blind: tuple[str, ...] = ()) -> VenueOccupancy:
        """Return the occupancy as it is published; `blind` names the cameras that are silent."""
        return VenueOccupancy(
            event_id=event_id,
            time=time,
            persons=self.persons,
            entered=sum(gate.entered for gate in self.gates.values()),
            left=sum(gate.left for gate in self.gates.values()),
            seen=self.persons_seen(time.timestamp()),
            corrected=self.corrected,
            reconciled=self.reconciled,
            unexplained=self.unexplained,
            gates=tuple(
                GateTotal(gate=name, entered=gate.entered, left=gate.left) for name, gate in self.gates.items()
            ),
            blind=blind,
        )
