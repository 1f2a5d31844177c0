"""Agent for queues: counts of people in queue polygons, and people served → waiting time of each queue.

The people served arrive as events of other features: tickets of the queue's bar, or crossings of its gate.
"""

from __future__ import annotations

import msgspec

from processors.queues.waiting_time import QueueState, service_rate, update, waiting_time
from schemas.attendance import ATTENDANCE, AttendanceChange
from schemas.bars import SALES, Ticket
from schemas.ids import BarId, GateId, QueueId
from schemas.queues import QUEUE_COUNTS, QUEUE_WAITS, QUEUES, QueueCount, QueueSettings, QueueWait
from stream.features.queues import metrics
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record, try_decode_payload
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext


def register(worker: WorkerContext) -> None:
    """Add the agent; a venue without queues has none."""
    queues = worker.venue.section(QUEUES)
    if not queues:
        return
    states = worker.states("queues", QUEUE_COUNTS, struct_codec(QueueState, QueueState))
    agent = QueuesAgent(states, queues)
    worker.agent(QUEUE_COUNTS, agent.estimate, states=states)
    # Only people served from now on are counted, so nothing is replayed.
    if any(queue.bar for queue in queues):
        worker.broadcast(SALES, agent.served.add_ticket, replay_records=0)
    if any(queue.gate for queue in queues):
        worker.broadcast(ATTENDANCE, agent.served.add_attendance_change, replay_records=0)


class ServedCounter:
    """Counts people served at bars (one a ticket) and let in at gates, since the worker started."""

    def __init__(self) -> None:
        self._bars: dict[BarId, float] = {}
        self._gates: dict[GateId, float] = {}
        self._tickets = msgspec.json.Decoder(Ticket)
        self._changes = msgspec.json.Decoder(AttendanceChange)

    def add_ticket(self, value: bytes | None) -> None:
        """Count the customer of a ticket; ignores what can't be decoded, and tickets that only reverse sales."""
        ticket = try_decode_payload(self._tickets, value, SALES.event_type)
        if ticket is not None and any(line.quantity > 0 for line in ticket.lines):
            self._bars[ticket.bar] = self._bars.get(ticket.bar, 0.0) + 1

    def add_attendance_change(self, value: bytes | None) -> None:
        """Count the people who entered by a gate; ignores what can't be decoded."""
        change = try_decode_payload(self._changes, value, ATTENDANCE.event_type)
        if change is not None and change.kind == "crossing":
            gate = GateId(change.by)
            self._gates[gate] = self._gates.get(gate, 0.0) + change.entered

    def total(self, queue: QueueSettings) -> float | None:
        """Return the number of people served of a queue so far; None where nothing counts them."""
        if queue.bar is not None:
            return self._bars.get(queue.bar, 0.0)
        return None if queue.gate is None else self._gates.get(queue.gate, 0.0)


class QueuesAgent:
    """Estimates the waiting time of each queue.

    Attributes:
        served: counter of the people served, fed by broadcast topics.
    """

    def __init__(self, states: StateTable[QueueState], queues: list[QueueSettings]) -> None:
        self._states = states
        self._queues = {queue.id: queue for queue in queues}
        self._totals: dict[QueueId, float | None] = {}
        self.served = ServedCounter()

    async def estimate(self, records: list[Record[QueueCount]]) -> BatchResult:
        """Produce the waiting time after each count."""
        return await apply_to_states(records, self._states, self._apply, key=self._queue_of)

    def _queue_of(self, record: Record[QueueCount]) -> QueueId:
        queue = record.payload.queue
        if record.key != queue:
            raise InvalidRecordError("content", f"the record's key {record.key!r} is not its queue {queue!r}")
        if queue not in self._queues:
            raise InvalidRecordError(
                "content", f"no queue {queue!r} in the venue file; it has {', '.join(self._queues)}"
            )
        return queue

    def _apply(self, record: Record[QueueCount], state: QueueState) -> Effects[QueueState]:
        count = record.payload
        settings = self._queues[count.queue]
        total, before = self.served.total(settings), self._totals.get(count.queue)
        served = None if total is None or before is None else total - before
        if not update(state, record.offset, count.time, count.persons, served):
            return Effects()
        self._totals[count.queue] = total
        wait = _wait(count, state, settings)
        _publish(wait)
        return Effects((OutputRecord(QUEUE_WAITS, record.key, wait, record.envelope),), state)


def _wait(count: QueueCount, state: QueueState, settings: QueueSettings) -> QueueWait:
    rate = service_rate(state, settings.served_per_minute)
    wait = None if rate is None or state.persons is None else waiting_time(state.persons, *rate)
    return QueueWait(
        event_id=count.event_id,
        queue=count.queue,
        time=count.time,
        persons=state.persons,
        served_per_minute=None if rate is None else rate[0] / rate[1],
        wait_minutes=None if wait is None else wait.median,
        wait_low_minutes=None if wait is None else wait.low,
        wait_high_minutes=None if wait is None else wait.high,
    )


def _publish(wait: QueueWait) -> None:
    """Set the gauges; results have only queues of the venue file, so the labels are bounded."""
    if wait.persons is not None:
        metrics.PERSONS.labels(wait.queue).set(wait.persons)
    if wait.wait_minutes is not None:
        metrics.WAIT.labels(wait.queue).set(wait.wait_minutes * 60)
    if wait.served_per_minute is not None:
        metrics.SERVED.labels(wait.queue).set(wait.served_per_minute)
