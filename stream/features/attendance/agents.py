"""Agent that counts attendance: gates and zones → `venue.attendance` → `venue.occupancy`.

Gates are seen by several cameras, whose frames come in several partitions. Their crossings therefore travel through a
topic with one partition, where people's corrections arrive too: one order, one state row, one number.
"""

from __future__ import annotations

from collections.abc import Callable

from processors.attendance.attendance import AttendanceState
from processors.sources.silent_sources import SilentSources
from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange
from schemas.ids import GateId
from schemas.venue import Venue
from stream.features.attendance import metrics
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.silent_sources import subscribe_to_silent_sources
from stream.runtime.state import StateTable, struct_codec
from stream.runtime.worker_context import WorkerContext


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    states = worker.states("attendance", ATTENDANCE, struct_codec(AttendanceState, AttendanceState))
    gates = {gate.id for camera in worker.venue.cameras for gate in camera.gates}
    silent = SilentSources()
    cameras = tuple(camera.id for camera in worker.venue.cameras if camera.gates or camera.views)
    agent = AttendanceAgent(states, gates, lambda: silent.cameras(cameras))
    worker.agent(ATTENDANCE, agent.count, states=states)
    worker.watch_venue(agent.take)
    subscribe_to_silent_sources(worker, silent)


class AttendanceAgent:
    """Keeps the number of people in the venue."""

    def __init__(
        self, states: StateTable[AttendanceState], gates: set[GateId], blind: Callable[[], tuple[str, ...]]
    ) -> None:
        self._states = states
        self._gates: set[GateId] = set()
        self._blind = blind
        self._add_gates(gates)

    async def take(self, venue: Venue) -> None:
        """Count the gates of a new venue file, too. Removed gates stay, as crossings of theirs may be on the way."""
        self._add_gates({gate.id for camera in venue.cameras for gate in camera.gates})

    def _add_gates(self, gates: set[GateId]) -> None:
        self._gates |= gates
        for gate in gates:
            for direction in ("in", "out"):
                metrics.GATE_CROSSINGS.labels(gate, direction)  # exists from the start, so that rates see the first

    async def count(self, records: list[Record[AttendanceChange]]) -> BatchResult:
        """Apply changes; the new occupancy is produced once a batch."""
        result = BatchResult()
        attendance = self._states.get(VENUE)
        last: Record[AttendanceChange] | None = None
        for record in records:
            change = record.payload
            if change.kind == "crossing" and change.by not in self._gates:
                configured = ", ".join(sorted(self._gates)) or "none"
                why = f"no gate {change.by!r} in the venue file; it has {configured}"
                result.reject(record, InvalidRecordError("content", why))
            elif attendance.apply(change, record.offset):
                last = record
                if change.kind == "crossing":
                    metrics.GATE_CROSSINGS.labels(change.by, "in").inc(change.entered)
                    metrics.GATE_CROSSINGS.labels(change.by, "out").inc(change.left)
        if last is not None:
            occupancy = attendance.occupancy(last.envelope.id, last.payload.time, self._blind())
            metrics.VENUE_PERSONS.labels(VENUE).set(occupancy.persons)
            result.outputs.append(OutputRecord(OCCUPANCY, VENUE, occupancy, last.envelope))
            result.rows[VENUE] = self._states.row_to_store(VENUE, attendance)
        return result
