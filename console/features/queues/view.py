"""Waiting time of each queue, now and over the last hours."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TypedDict

from msgspec import Struct

from schemas.ids import BarId, GateId, QueueId
from schemas.queues import QUEUES, QueueSettings, QueueWait
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "queues"
ROLES: tuple[Role, ...] = ("security", "production", "bar")

HISTORY = timedelta(hours=2)
"""Time over which the waiting time is shown, by the cameras' clock."""

POINT_SECONDS = 60
"""Time between two points of the history."""


class ShownQueue(TypedDict):
    """A queue as the page gets it.

    Attributes:
        at: Kafka's time of the last estimate, Unix milliseconds; None before the first.
        history: minutes before the last estimate (at most 0) and waiting time in minutes, oldest first.
    """

    id: QueueId
    title: str
    place: str
    bar: BarId | None
    gate: GateId | None
    at: int | None
    persons: float | None
    served_per_minute: float | None
    wait: float | None
    low: float | None
    high: float | None
    history: list[tuple[float, float]]


class QueuesState(TypedDict):
    """State of the channel `queues`, in the order of the venue file."""

    queues: list[ShownQueue]


class QueuesView:
    """The queues of the venue file."""

    def __init__(self, venue: Venue) -> None:
        self._queues = {queue.id: queue for queue in venue.section(QUEUES)}
        self._last: dict[QueueId, tuple[QueueWait, int]] = {}
        self._history: dict[QueueId, deque[tuple[datetime, float]]] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply an estimate."""
        if not isinstance(record, QueueWait) or record.queue not in self._queues:
            return set()
        self._last[record.queue] = (record, received_at)
        history = self._history.setdefault(record.queue, deque())
        if history and record.time < history[-1][0]:
            history.clear()  # an evening began anew
        due = not history or (record.time - history[-1][0]).total_seconds() >= POINT_SECONDS
        if record.wait_minutes is not None and due:
            history.append((record.time, record.wait_minutes))
        while history and history[0][0] < record.time - HISTORY:
            history.popleft()
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> QueuesState:
        """Return every queue."""
        return {"queues": [self._shown(queue) for queue in self._queues.values()]}

    def _shown(self, queue: QueueSettings) -> ShownQueue:
        wait, received_at = self._last.get(queue.id, (None, None))
        history = () if wait is None else self._history.get(queue.id, ())
        return {
            "id": queue.id,
            "title": queue.title or queue.id,
            "place": queue.place,
            "bar": queue.bar,
            "gate": queue.gate,
            "at": received_at,
            "persons": None if wait is None else wait.persons,
            "served_per_minute": None if wait is None else wait.served_per_minute,
            "wait": None if wait is None else wait.wait_minutes,
            "low": None if wait is None else wait.wait_low_minutes,
            "high": None if wait is None else wait.wait_high_minutes,
            "history": [(_minutes_before(wait, at), minutes) for at, minutes in history],
        }


def _minutes_before(last: QueueWait | None, at: datetime) -> float:
    """Return the time before the last estimate in minutes, at most 0."""
    return 0.0 if last is None else round((at - last.time).total_seconds() / 60, 1)
