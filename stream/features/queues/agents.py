"""Agent for queues: counts of people in queue polygons, and people served → waiting time of each queue.

The people served arrive as events of other features: tickets of the queue's bar, or crossings of its gate.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime

import msgspec

from processors.event_time import at_receipt
from processors.queues.waiting_time import QueueState, service_rate, update, waiting_time
from processors.till_tickets import RecentTickets, Recognition
from schemas.attendance import ATTENDANCE, AttendanceChange
from schemas.bars import SALES, Ticket
from schemas.ids import BarId, GateId, QueueId
from schemas.queues import QUEUE_COUNTS, QUEUE_WAITS, QUEUES, QueueCount, QueueSettings, QueueWait
from schemas.venue import Venue
from stream.features.queues import metrics
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record, try_decode_payload
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext

MAX_AHEAD = 10_000
"""Tickets or crossings of a queue that are kept until a picture of their time comes; then the oldest count at once."""


def register(worker: WorkerContext) -> None:
    """Add the agent; a venue without queues has none."""
    queues = worker.venue.section(QUEUES)
    if not queues:
        return
    states = worker.states("queues", QUEUE_COUNTS, struct_codec(QueueState, QueueState))
    agent = QueuesAgent(states, queues)
    worker.agent(QUEUE_COUNTS, agent.estimate, states=states)
    worker.watch_venue(agent.take)
    # Only people served from now on are counted, so nothing is replayed.
    if any(queue.bar for queue in queues):
        worker.broadcast_with_receipt(SALES, agent.served.add_ticket, replay_records=0)
    if any(queue.gate for queue in queues):
        worker.broadcast_with_receipt(ATTENDANCE, agent.served.add_attendance_change, replay_records=0)


class ServedCounter:
    """Counts the people served of each queue by event time: one a ticket of its bar, or those who enter by its gate.

    Tickets may be minutes ahead of the pictures, after a backlog or in a replay. Counted when they arrive, they would
    belong to the wrong minutes, and the waiting time would come out far too long. A time ahead of the receipt comes
    from a wrong clock, and a ticket that comes again is no customer.
    """

    def __init__(self, queues: Iterable[QueueSettings]) -> None:
        self._by_bar: dict[BarId, list[QueueId]] = {}
        self._by_gate: dict[GateId, list[QueueId]] = {}
        self._totals: dict[QueueId, float] = {}
        self._ahead: dict[QueueId, list[tuple[datetime, float]]] = {}
        """Heap of people served later than the last picture of the queue."""
        for queue in queues:
            if queue.bar is not None:
                self._by_bar.setdefault(queue.bar, []).append(queue.id)
            elif queue.gate is not None:
                self._by_gate.setdefault(queue.gate, []).append(queue.id)
            else:
                continue
            self._totals[queue.id], self._ahead[queue.id] = 0.0, []
        self._recent = {bar: RecentTickets() for bar in self._by_bar}
        self._tickets = msgspec.json.Decoder(Ticket)
        self._changes = msgspec.json.Decoder(AttendanceChange)

    def add_ticket(self, value: bytes | None, received: datetime | None = None) -> None:
        """Add the customer of a ticket.

        Ignores what can't be decoded, tickets that only reverse sales, and those that came before.
        """
        ticket = try_decode_payload(self._tickets, value, SALES.event_type)
        if ticket is None or ticket.bar not in self._by_bar or all(line.quantity <= 0 for line in ticket.lines):
            return
        if self._recent[ticket.bar].add(ticket, received or ticket.time) is not Recognition.REPEATED:
            self._add(self._by_bar[ticket.bar], at_receipt(ticket.time, received or ticket.time), 1.0)

    def add_attendance_change(self, value: bytes | None, received: datetime | None = None) -> None:
        """Add the people who entered by a gate; ignores what can't be decoded."""
        change = try_decode_payload(self._changes, value, ATTENDANCE.event_type)
        if change is not None and change.kind == "crossing":
            time = at_receipt(change.time, received or change.time)
            self._add(self._by_gate.get(GateId(change.by), ()), time, change.entered)

    def total(self, queue: QueueId, time: datetime) -> float | None:
        """Return the number of people served up to a time; None where nothing counts them.

        Args:
            time: of a picture; never earlier than in the call before.
        """
        ahead = self._ahead.get(queue)
        if ahead is None:
            return None
        while ahead and ahead[0][0] <= time:
            self._totals[queue] += heapq.heappop(ahead)[1]
        return self._totals[queue]

    def _add(self, queues: Iterable[QueueId], time: datetime, persons: float) -> None:
        for queue in queues:
            ahead = self._ahead[queue]
            heapq.heappush(ahead, (time, persons))
            if len(ahead) > MAX_AHEAD:
                self._totals[queue] += heapq.heappop(ahead)[1]


class QueuesAgent:
    """Estimates the waiting time of each queue.

    Attributes:
        served: counter of the people served, fed by broadcast topics.
    """

    def __init__(self, states: StateTable[QueueState], queues: list[QueueSettings]) -> None:
        self._states = states
        self._queues = {queue.id: queue for queue in queues}
        self._totals: dict[QueueId, float | None] = {}
        self.served = ServedCounter(queues)

    async def take(self, venue: Venue) -> None:
        """Use the queues of a new venue file; who is served at a new one is counted after a restart.

        Removed queues stay known, as counts of theirs may be on the way.
        """
        self._queues |= {queue.id: queue for queue in venue.section(QUEUES)}

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
        total, before = self.served.total(count.queue, count.time), self._totals.get(count.queue)
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
