"""The services that a feature's agents use: topics, state, broadcast topics, models, timers.

`Worker` implements them on Faust and Kafka, `TestDriver` in memory. A feature registers its agents through a function
`register(worker: WorkerContext)`.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from msgspec import Struct

from processors.row_expiry import RowExpiry
from schemas.ids import EventId
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features.clients import tables_of
from stream.registry.model_store import Folders, open_model_store
from stream.registry.reloadable_model import FallbackModel, ReloadableModel
from stream.runtime.agent import Agent, Handler
from stream.runtime.partitions import set_partitions
from stream.runtime.producer import partition_of
from stream.runtime.record import Record
from stream.runtime.settings import Settings
from stream.runtime.state import RowTable, StateCodec, StateTable
from stream.runtime.venue_watch import VENUE_POLL_SECONDS, VenueWatch

S = TypeVar("S")
T = TypeVar("T")

log = logging.getLogger(__name__)

SEND_SECONDS = 5.0
"""Time in which Kafka must take a record that a timer or task tries to write."""

MAX_BATCH_EVENTS = 256
"""Default for the largest number of events in a batch."""

ALL_RECORDS = 2**62
"""Replay of a broadcast topic all of whose records count: it is compacted, or small."""


def _do_nothing() -> None:
    pass


class WorkerContext(ABC):
    """Services of a worker for its agents.

    Attributes:
        name: of the worker: vision, bars, support, …
        partition_counts: number of partitions of each topic and changelog, as set.
    """

    def __init__(self, name: str, settings: Settings, venue: Venue) -> None:
        self.name = name
        self.settings = settings
        self.venue = venue
        self.partition_counts = set_partitions(settings, venue)
        self._table_locks: dict[str, asyncio.Lock] = {}
        self._expiries: dict[str, RowExpiry] = {}
        self._fallbacks: list[FallbackModel] = []
        self._models: list[ReloadableModel[Any]] = []
        self._shared: dict[Hashable, Any] = {}
        self._venue_takers: list[Callable[[Venue], Awaitable[None]]] = []

    def partitions(self, topic: Topic[Any]) -> int:
        """Return the number of partitions of a topic, as set."""
        return self.partition_counts.get(topic.name, topic.partitions)

    @abstractmethod
    def table(self, name: str, topic: Topic[Any]) -> RowTable:
        """Return a table of raw rows with the partitions of the topic that feeds it.

        Rows are placed by Kafka's own partitioner on the raw key, so that a batch may write rows of several partitions
        at once: the key must be the record's key, or the topic must have one partition.
        """

    def states(
        self,
        name: str,
        topic: Topic[Any],
        codec: StateCodec[S],
        *,
        max_cached: int | None = None,
        keep: Callable[[S], timedelta | None] | None = None,
    ) -> StateTable[S]:
        """Return the states of an agent by key, stored in a table of their own.

        Rows expire where the feature declares `StateTopics.idle` of the table.

        Args:
            keep: returns how long the row of a state is kept after its last change, at least `idle`; None while it is
                open, which never expires. `idle` applies to all where it is left out.
        """
        table = self.table(name, topic)
        idle = next((one.idle for one in tables_of(self.name) if one.table == name), None)
        if idle is None:
            return StateTable(table, codec, max_cached=max_cached)
        partitions = self.partitions(topic)

        def keep_row(key: str, row: bytes) -> timedelta | None:
            return idle if keep is None else keep(codec.decode(key, row))

        expiry = RowExpiry(idle, lambda key: partition_of(key, partitions) if partitions > 1 else 0, keep_row)
        self._expiries[table.name] = expiry
        return StateTable(table, codec, max_cached=max_cached, expiry=expiry)

    def agent(
        self,
        topic: Topic[T],
        handle: Handler[T],
        *,
        table: RowTable | None = None,
        states: StateTable[Any] | None = None,
        max_events: int = MAX_BATCH_EVENTS,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        """Read a topic in micro-batches.

        Args:
            states: whose rows the handler changes; they are decoded anew after a failure.
            table: where rows are written, if it is not that of `states`.
            max_events: largest number of events in a batch.
            on_failure: called when `handle` raised: whatever it changed in part must be dropped. The batch is then
                tried event by event, so that one unforeseen event is rejected alone.
        """
        if states is not None:
            table, on_failure = states.table, on_failure or states.forget
        lock = asyncio.Lock() if table is None else self._table_locks.setdefault(table.name, asyncio.Lock())
        expiry = None if table is None else self._expiries.get(table.name)
        self._add_agent(Agent(topic, handle, table, max_events, on_failure or _do_nothing, lock, expiry))

    @abstractmethod
    def _add_agent(self, agent: Agent[Any]) -> None:
        """Let an agent read its topic."""

    def broadcast(
        self,
        topic: Topic[Any],
        add_record: Callable[[bytes | None], None],
        *,
        replay_records: int = ALL_RECORDS,
        after_batch: Callable[[], None] = _do_nothing,
        wait_until_caught_up: bool = True,
    ) -> None:
        """Subscribe to a topic beside the agents; every worker reads all of its partitions.

        Args:
            add_record: receives each value; must ignore what can't be decoded.
            replay_records: number of records of each partition, before its end, that are read at the start.
            after_batch: called when a batch of records was added.
            wait_until_caught_up: handle no event before everything was added that the topic held at the start, so that
                what waited while the worker was away is judged by what people had decided before.
        """
        self.broadcast_with_receipt(
            topic,
            lambda value, _received: add_record(value),
            replay_records=replay_records,
            after_batch=after_batch,
            wait_until_caught_up=wait_until_caught_up,
        )

    @abstractmethod
    def broadcast_with_receipt(
        self,
        topic: Topic[Any],
        add_record: Callable[[bytes | None, datetime], None],
        *,
        replay_records: int = ALL_RECORDS,
        after_batch: Callable[[], None] = _do_nothing,
        wait_until_caught_up: bool = True,
    ) -> None:
        """Subscribe to a topic of sources, whose clocks may be wrong; see `broadcast`.

        Args:
            add_record: receives each value, and Kafka's timestamp of the record, which its time is not to run ahead of
                (`processors.event_time`).
        """

    @abstractmethod
    def every(self, seconds: float, action: Callable[[], Awaitable[None]], *, name: str) -> None:
        """Run an action periodically."""

    @abstractmethod
    def background(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task for as long as the worker runs."""

    @abstractmethod
    async def produce(self, topic: Topic[Any], key: str, payload: Struct, *, id: EventId, time: datetime) -> None:
        """Send a record that no event causes, from a timer or background task; returns when Kafka has it."""

    async def try_produce(self, topic: Topic[Any], key: str, payload: Struct, *, id: EventId, time: datetime) -> bool:
        """Send a record as `produce` does; return False, with a log line, where Kafka does not take it in SEND_SECONDS.

        For timers and tasks that send again soon: an error in one ends the worker.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.produce(topic, key, payload, id=id, time=time)
        except Exception as error:  # whatever Kafka's client raises
            log.warning("a record of %s can't be written to %s: %s", key, topic.name, error)
            return False
        return True

    @abstractmethod
    def is_last(self, record: Record[Any]) -> bool:
        """Return True if Kafka held no record behind this one in its partition at the last fetch."""

    @abstractmethod
    def report_progress(self) -> None:
        """Report that work goes on, or waits for something that is not Kafka, so that the worker is not ended."""

    def reloadable_model(
        self, names: Sequence[str], build: Callable[[Folders], T], *, close: Callable[[T], None] = lambda _: None
    ) -> ReloadableModel[T]:
        """Return what `build` makes of the models in use; rebuilt when one of them is promoted or rolled back."""
        store = open_model_store(self.settings)
        model = ReloadableModel(store, names, build, close=close, worker=self.name, settings=self.settings)
        self._fallbacks.append(model)
        self._models.append(model)
        self.every(self.settings.model_poll_seconds, model.check, name=f"models {' '.join(names)}")
        return model

    def watch_venue(self, take: Callable[[Venue], Awaitable[None]]) -> None:
        """Take new versions of the venue file while the worker runs.

        Agents that are registered later take it first: they read what the ones before them write, and must know a new
        gate before its first crossing comes.

        Args:
            take: puts a valid new version into use. `venue` stays the version that the worker began with.
        """
        if not self._venue_takers:
            watch = VenueWatch(self.settings.venue, self.venue, self._take_venue)
            self.every(VENUE_POLL_SECONDS, watch.check, name="venue file")
        self._venue_takers.append(take)

    async def _take_venue(self, venue: Venue) -> None:
        for take in reversed(self._venue_takers):
            await take(venue)

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return an object that several features of this worker share, made by the first that needs it."""
        if key not in self._shared:
            self._shared[key] = make()
        return cast(T, self._shared[key])
