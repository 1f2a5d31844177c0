"""A driver that runs the agents of a worker or a feature in memory: for tests, without Kafka.

Records pass through the same decoding, handlers, retries and rejection as in a worker.

    driver = TestDriver(FEATURE, venue)
    effects = await driver.send(SALES, "north", ticket)
    assert effects.of(DEMAND) == [...]
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import msgspec
from faust.types import EventT

from schemas.cloudevents import Envelope, EnvelopeError, Headers
from schemas.ids import EventId
from schemas.topic import Topic
from schemas.venue import Venue
from stream.runtime.agent import Agent
from stream.runtime.batch_processor import BatchProcessor
from stream.runtime.effects import DEAD_LETTER_PREFIX
from stream.runtime.feature import Feature, load_reference
from stream.runtime.producer import partition_of
from stream.runtime.record import Record
from stream.runtime.settings import Settings
from stream.runtime.state import RowTable
from stream.runtime.worker_context import ALL_RECORDS, WorkerContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TestEvent:
    """Replacement for Faust's event, with the attributes that a worker reads."""

    __test__ = False

    key: bytes | None
    value: bytes | None
    headers: Any
    message: Any


@dataclass(frozen=True, slots=True)
class SentRecord:
    """One record that an agent produced."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def rejection(self) -> str | None:
        """Return the reason of the rejection; None where the record is not a dead letter."""
        error = dict(self.headers).get(f"{DEAD_LETTER_PREFIX}error")
        return None if error is None else error.decode()


@dataclass(slots=True)
class SentEffects:
    """All effects of the records that were sent to a driver: records produced and rows stored."""

    records: list[SentRecord] = field(default_factory=list)
    rows: dict[str, bytes | None] = field(default_factory=dict)

    def of(self, topic: Topic[T]) -> list[T]:
        """Return the decoded payloads of the records on a topic."""
        if topic.record is None:
            return cast(list[T], [record.value for record in self.records if record.topic == topic.name])
        decoder = msgspec.json.Decoder(topic.record)
        return [decoder.decode(record.value or b"") for record in self.records if record.topic == topic.name]

    @property
    def rejections(self) -> list[str]:
        """Return the reasons of all dead letters, in order."""
        return [record.rejection for record in self.records if record.rejection is not None]


class MemoryTable(dict[bytes, bytes]):
    """A table in memory, without a changelog."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class TestDriver(WorkerContext):
    """Runs agents in memory.

    Attributes:
        tables: the rows of each table, by its name.
        tasks: background tasks that agents asked for; the driver does not start them.
        produced: topic, key and payload of what timers sent.
    """

    __test__ = False

    def __init__(
        self,
        what: Feature | Sequence[str],
        venue: Venue,
        *,
        settings: Settings | None = None,
        worker: str | None = None,
    ) -> None:
        """Register the agents.

        Args:
            what: a feature, or references of functions that register agents, such as `registry.agents_of("bars")`.
            settings: shipped models, no servers where None.
            worker: its name; the feature's only or first worker where None.
        """
        references = list(what.agents.values()) if isinstance(what, Feature) else list(what)
        name = worker or (next(iter(what.agents)) if isinstance(what, Feature) else "test")
        super().__init__(name, settings or Settings(), venue)
        self.tables: dict[str, MemoryTable] = {}
        self.produced: list[tuple[str, str, msgspec.Struct]] = []
        self.tasks: list[Callable[[], Awaitable[None]]] = []
        self._agents: dict[str, Agent[Any]] = {}
        self._broadcasts: dict[str, list[Callable[[bytes | None, datetime], None]]] = {}
        self._after_batch: dict[str, list[Callable[[], None]]] = {}
        self._timers: dict[str, Callable[[], Awaitable[None]]] = {}
        self._offsets: dict[tuple[str, int], int] = {}
        self._effects = SentEffects()
        self._processor = BatchProcessor(name, self, self._fallbacks)
        for reference in references:
            load_reference(reference)(self)

    @property
    def topics(self) -> list[Topic[Any]]:
        """Return the topics that the agents read."""
        return [agent.topic for agent in self._agents.values()]

    async def send(
        self,
        topic: Topic[T],
        key: str,
        payload: T,
        *,
        id: str | None = None,
        time: datetime | None = None,
        received: datetime | None = None,
    ) -> SentEffects:
        """Send one record to the agent and the broadcast subscribers of its topic; return all effects.

        Args:
            id: the CloudEvent id; the payload's own `id`, or a number of its own where None.
            time: event time; the payload's own `time`, or midnight of 4 July 2026 UTC where None.
            received: reception time; the event time where None.
        """
        event = self.event(topic, key, payload, id=id, time=time, received=received)
        return await self.send_events(topic, [event])

    def event(
        self,
        topic: Topic[T],
        key: str,
        payload: T,
        *,
        id: str | None = None,
        time: datetime | None = None,
        received: datetime | None = None,
    ) -> TestEvent:
        """Return a valid event at the next offset of its key's partition; arguments as of `send`."""
        partition = partition_of(key, topic.partitions)
        offset = self._offsets.get((topic.name, partition), 0)
        event_time = time or getattr(payload, "time", None) or datetime.fromisoformat("2026-07-04T00:00:00+00:00")
        name = EventId(id or getattr(payload, "id", None) or f"{topic.name}-{partition}-{offset}")
        envelope = Envelope(name, topic.event_type, "test", event_time, topic.content_type, received or event_time)
        value = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        return self.raw_event(topic, key.encode(), value, envelope.headers())

    def raw_event(self, topic: Topic[Any], key: bytes | None, value: bytes | None, headers: Any) -> TestEvent:
        """Return an event with any content, valid or not, at the next offset of its partition."""
        try:
            partition = partition_of((key or b"").decode(), topic.partitions)
        except UnicodeDecodeError:
            partition = 0
        offset = self._offsets.get((topic.name, partition), 0)
        self._offsets[topic.name, partition] = offset + 1
        return TestEvent(key, value, headers, SimpleNamespace(topic=topic.name, partition=partition, offset=offset))

    async def send_events(self, topic: Topic[Any], events: Sequence[TestEvent]) -> SentEffects:
        """Let the agent of a topic process one batch; return all effects."""
        self._effects = SentEffects()
        for add_record in self._broadcasts.get(topic.name, ()):
            for event in events:
                add_record(event.value, _receipt(event))
        for after_batch in self._after_batch.get(topic.name, ()):
            after_batch()
        if topic.name in self._agents:
            agent = self._agents[topic.name]
            await self._processor.process(agent, cast("list[EventT[Any]]", list(events)), time.monotonic())
        return self._effects

    async def run_timer(self, name: str) -> None:
        """Run a periodic action once."""
        await self._timers[name]()

    def close(self) -> None:
        """Close the models that agents loaded, and their child processes."""
        for model in self._models:
            model.close()

    # Services for agents.

    def table(self, name: str, topic: Topic[Any]) -> RowTable:
        """Return a table in memory."""
        return self.tables.setdefault(name, MemoryTable(f"{self.name}-{name}-{topic.name}"))

    def _add_agent(self, agent: Agent[Any]) -> None:
        self._agents[agent.topic.name] = agent

    def broadcast_with_receipt(
        self,
        topic: Topic[Any],
        add_record: Callable[[bytes | None, datetime], None],
        *,
        replay_records: int = ALL_RECORDS,
        after_batch: Callable[[], None] = lambda: None,
        wait_until_caught_up: bool = True,
    ) -> None:
        """Register a subscriber; see `WorkerContext.broadcast_with_receipt`."""
        self._broadcasts.setdefault(topic.name, []).append(add_record)
        self._after_batch.setdefault(topic.name, []).append(after_batch)

    def every(self, seconds: float, action: Callable[[], Awaitable[None]], *, name: str) -> None:
        """Register a periodic action for `run_timer`."""
        self._timers[name] = action

    def background(self, task: Callable[[], Awaitable[None]]) -> None:
        """Remember a task; the driver does not start it."""
        self.tasks.append(task)

    async def produce(
        self, topic: Topic[Any], key: str, payload: msgspec.Struct, *, id: EventId, time: datetime
    ) -> None:
        """Keep a record of a timer in `produced`; no agent receives it."""
        del id, time
        self.produced.append((topic.name, key, payload))

    def is_last(self, record: Record[Any]) -> bool:
        """Return True: the driver has no further records in a partition."""
        return True

    def report_progress(self) -> None:
        """Do nothing: a driver has no stall detection."""

    # Output of the processor.

    async def send_output(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Keep a produced record."""
        self._effects.records.append(SentRecord(topic, key, value, headers))

    async def store_rows(
        self, rows: Mapping[str, bytes | None], table: Any, events: list[EventT[Any]], began: float
    ) -> None:
        """Write rows to the table in memory."""
        for key, row in rows.items():
            self._effects.rows[key] = row
            if row is None:
                table.pop(key.encode(), None)
            else:
                table[key.encode()] = row


def _receipt(event: TestEvent) -> datetime:
    """Return the time of receipt of an event; now where its headers have none."""
    try:
        return Envelope.from_headers(event.headers).received
    except EnvelopeError:
        return datetime.now(UTC)
