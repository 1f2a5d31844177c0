"""People in the venue and the flow at its gates."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TypedDict

from msgspec import Struct

from processors.sources.silent_sources import SilentSources
from schemas.attendance import GateTotal, VenueOccupancy
from schemas.ids import GateId
from schemas.sources import SourceState
from schemas.venue import Venue

RATE_WINDOW = timedelta(minutes=5)
"""Time, by the gates' own clock, over which people a minute are counted."""

MAX_RECORDS = 2_000


class ShownGate(TypedDict):
    """Totals of a gate, and people a minute in and out; None before there are two records to compare."""

    gate: GateId
    entered: float
    left: float
    in_a_minute: float | None
    out_a_minute: float | None


class AttendancePageState(TypedDict):
    """Part of the state of the channel `zones`.

    Attributes:
        venue: fields of `VenueOccupancy`, with the venue's capacity, Kafka's time `at`, gates as `ShownGate`, and in
            `blind` the cameras that are silent now; None where no gate is counted.
    """

    venue: dict[str, object] | None


class AttendanceView:
    """People in the whole venue by the counts at its gates."""

    def __init__(self, venue: Venue) -> None:
        self._capacity = venue.capacity
        self._cameras = [camera.id for camera in venue.cameras if camera.gates or camera.views]
        self._silent = SilentSources()
        self._records: deque[tuple[VenueOccupancy, int]] = deque(maxlen=MAX_RECORDS)

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a count of the venue."""
        if isinstance(record, SourceState):
            self._silent.add(record)
            return {"zones"}
        if not isinstance(record, VenueOccupancy):
            return set()
        past = self._records
        # After a new day, or when an evening began anew, earlier counts say nothing about the flow.
        if past and (record.time < past[-1][0].time or record.entered < past[-1][0].entered):
            past.clear()
        past.append((record, received_at))
        while len(past) > 1 and past[1][0].time <= record.time - RATE_WINDOW:
            past.popleft()
        return {"zones"}

    def state(self, channel: str = "zones") -> AttendancePageState:
        """Return the people in the venue and the flow at each gate."""
        if not self._records:
            return {"venue": None}
        occupancy, received_at = self._records[-1]
        gates = [self._gate(total) for total in occupancy.gates]
        blind = self._silent.cameras(self._cameras)
        fields = {name: getattr(occupancy, name) for name in occupancy.__struct_fields__}
        return {"venue": {"capacity": self._capacity, "at": received_at, **fields, "gates": gates, "blind": blind}}

    def _gate(self, total: GateTotal) -> ShownGate:
        earlier = [(record.time, one) for record, _ in self._records for one in record.gates if one.gate == total.gate]
        (begin, first), (end, last) = earlier[0], earlier[-1]
        minutes = (end - begin).total_seconds() / 60
        return {
            "gate": total.gate,
            "entered": total.entered,
            "left": total.left,
            "in_a_minute": round((last.entered - first.entered) / minutes, 1) if minutes > 0 else None,
            "out_a_minute": round((last.left - first.left) / minutes, 1) if minutes > 0 else None,
        }
