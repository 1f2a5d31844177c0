"""The attendee counter in the vision worker: gates and zones → `venue.attendance` → `venue.occupancy`.

Gates hang on several cameras, whose frames come in several partitions. Their crossings therefore travel through a
topic with one partition, where people's corrections arrive too: one order, one row, one number.
"""

from __future__ import annotations

from datetime import UTC

import msgspec

from processors.attendance.attendance import Attendance
from processors.cameras.frame_result import Seen
from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange
from schemas.fields import identifier
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker


def changes(incoming: Incoming, seen: Seen) -> list[Result]:
    """What one frame says of the venue's attendance: who crossed its gates, and now and then who is in its zones."""
    time = seen.frame.time.astimezone(UTC)
    found = [
        AttendanceChange(
            id=identifier(f"{incoming.envelope.id}#{crossing.gate}"), kind="crossing", by=crossing.gate, time=time,
            since=crossing.since, entered=crossing.entered, left=crossing.left,
        )
        for crossing in seen.crossings
    ]  # fmt: skip
    found += [
        AttendanceChange(
            id=identifier(f"{incoming.envelope.id}#seen-{context.zone}"), kind="seen", by=context.source, time=time,
            zone=context.zone, persons=context.occupancy or 0.0,
        )
        for context in seen.contexts
    ]  # fmt: skip
    return [Result(ATTENDANCE, VENUE, change, incoming.envelope, part=change.id) for change in found]


def count_attendance(worker: Worker) -> None:
    """Add the agent that keeps the one number."""
    gates = {gate.id for camera in worker.venue.cameras for gate in camera.gates}
    for gate in gates:
        for direction in ("in", "out"):
            metrics.GATE_CROSSINGS.labels(gate, direction)  # there from the start: a rate sees the first ones, too
    table = worker.table("attendance", ATTENDANCE)
    rows: LiveRows[Attendance] = LiveRows(table, _read_row)

    async def attendance(batch: list[Incoming]) -> Outcome:
        outcome = Outcome()
        known = rows.get(VENUE)
        last: Incoming | None = None
        for incoming in batch:
            change = incoming.record
            if change.kind == "crossing" and change.by not in gates:
                known_gates = ", ".join(sorted(gates)) or "none"
                why = f"no gate {change.by!r} in the venue file; it has {known_gates}"
                outcome.dead.append((incoming, UnusableError("content", why)))
            elif known.apply(change, incoming.offset):
                last = incoming
                if change.kind == "crossing":
                    metrics.GATE_CROSSINGS.labels(change.by, "in").inc(change.entered)
                    metrics.GATE_CROSSINGS.labels(change.by, "out").inc(change.left)
        if last is not None:
            told = known.told(last.envelope.id, last.record.time)
            metrics.VENUE_PERSONS.labels(VENUE).set(told.persons)
            outcome.results.append(Result(OCCUPANCY, VENUE, told, last.envelope))
            row = msgspec.json.encode(known)
            outcome.rows[VENUE] = row
            rows.wrote(VENUE, row, known)
        return outcome

    worker.agent(ATTENDANCE, attendance, table=table, failed=rows.forget)


def _read_row(_key: str, row: bytes | None) -> Attendance:
    return Attendance() if row is None else msgspec.json.decode(row, type=Attendance)
