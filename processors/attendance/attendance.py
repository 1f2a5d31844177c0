"""The attendee counter: gates, hands and zones make one number, which is never negative."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct, field

from schemas.attendance import AttendanceChange, GateTotal, VenueOccupancy

RECENT = 64
"""ids remembered against repetition"""

FRESH_SECONDS = 120.0
"""how long a count of a zone is believed"""

SEEN_SECONDS = 60.0
"""time constant with which more people in the zones than came by the gates are believed"""

SURE = 0.9
"""share of the people seen in the zones that must be in the venue: counts of heads have errors too"""

AGAIN_SECONDS = 60.0
"""a crossing so long before the last one of its gate is of a clock set back, or of another evening"""


class ZoneOccupancy(Struct):
    """What a camera last saw of a zone."""

    persons: float
    time: float


class GateCounts(Struct):
    """Totals of one gate, and up to when they count."""

    entered: float = 0.0
    left: float = 0.0
    until: float = -1e18


class AttendanceState(Struct):
    """Everything that is known of the venue's occupancy; plain data, a row of a table.

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
    """

    offset: int = -1
    """of the last change applied, in its only partition"""
    persons: float = 0.0
    corrected: float = 0.0
    reconciled: float = 0.0
    unexplained: float = 0.0
    gates: dict[str, GateCounts] = field(default_factory=dict)
    zones: dict[str, dict[str, ZoneOccupancy]] = field(default_factory=dict)
    """what each camera saw of each zone"""
    looked: float | None = None
    recent: tuple[str, ...] = ()

    def apply(self, change: AttendanceChange, offset: int) -> bool:
        """Apply one change; returns False for a repetition, which changes nothing."""
        if offset <= self.offset or change.id in self.recent:
            return False
        self.offset = offset
        self.recent = (*self.recent[1 - RECENT :], change.id)
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
        gate = self.gates.setdefault(change.by, GateCounts())
        since = (change.since or change.time).timestamp()
        if gate.until - AGAIN_SECONDS < since < gate.until - 1e-3:
            return False
        gate.until = change.time.timestamp()
        gate.entered += change.entered
        gate.left += change.left
        after = self.persons + change.entered - change.left
        # Whoever leaves was in: an empty venue means that someone's coming in was not seen.
        self.unexplained += max(0.0, -after)
        self.persons = max(0.0, after)
        return True

    def _add_zone_count(self, change: AttendanceChange) -> None:
        time = change.time.timestamp()
        self.zones.setdefault(change.zone or "", {})[change.by] = ZoneOccupancy(change.persons, time)
        passed = 0.0 if self.looked is None else max(0.0, min(time - self.looked, SEEN_SECONDS))
        self.looked = time
        short = SURE * self.persons_seen(time) - self.persons
        if short > 0:
            added = short * (1 - math.exp(-passed / SEEN_SECONDS))
            self.persons += added
            self.reconciled += added

    def persons_seen(self, time: float) -> float:
        """People in all zones now: each zone by the camera that sees most of it, so that nobody counts twice."""
        return sum(
            max((one.persons for one in cameras.values() if abs(time - one.time) <= FRESH_SECONDS), default=0.0)
            for cameras in self.zones.values()
        )

    def occupancy(self, event_id: str, time: datetime) -> VenueOccupancy:
        """What to tell of it."""
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
        )
