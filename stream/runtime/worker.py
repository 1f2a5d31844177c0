"""A worker: one Faust app that runs the agents of one or several features."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from faust.types import EventT, StreamT

from schemas.cloudevents import Envelope, Headers
from schemas.ids import EventId
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features.clients import tables_of
from stream.runtime import metrics
from stream.runtime.agent import Agent
from stream.runtime.batch_processor import BatchProcessor
from stream.runtime.broadcast import subscribe
from stream.runtime.faust_app import faust_app
from stream.runtime.faust_patches import (
    deliver_without_tasks,
    ensure_partitions_known,
    read_committed_only,
    seek_before_delivery,
)
from stream.runtime.ownership import PartitionOwnership, PartitionsRevokedError
from stream.runtime.producer import partition_of
from stream.runtime.readiness import Readiness
from stream.runtime.record import Record
from stream.runtime.settings import Settings
from stream.runtime.state import RowTable, write_rows
from stream.runtime.topics import CHANGELOG_CONFIG
from stream.runtime.worker_context import ALL_RECORDS, WorkerContext

log = logging.getLogger(__name__)

FILL_SECONDS = 0.02
"""Longest time that a batch waits to fill while events wait in Kafka."""


class Worker(WorkerContext):
    """One Faust app with micro-batches, dead letters, results before state, readiness."""

    def __init__(self, name: str, settings: Settings, venue: Venue, *, buffer_events: int = 4096) -> None:
        """Create the app; agents are registered afterwards.

        Args:
            buffer_events: number of events read ahead of the agents.
        """
        super().__init__(name, settings, venue)
        self.app = faust_app(name, settings, buffer_events=buffer_events)
        self._ownership = PartitionOwnership(self.app)
        self._processor = BatchProcessor(name, _KafkaOutput(self.app, self._ownership), self._fallbacks)
        self._movable = frozenset(
            topic.name for table in tables_of(name) if not table.keeps_offsets for topic in table.topics
        )
        self._caught_up: list[asyncio.Event] = []
        self._readiness = Readiness(name, self.app, self.partition_counts)
        deliver_without_tasks(self.app.consumer)
        seek_before_delivery(self.app.consumer)
        read_committed_only(self.app.consumer)

    def table(self, name: str, topic: Topic[Any]) -> RowTable:
        """Return a Faust table; see `WorkerContext.table`."""
        return self.app.Table(
            f"{self.name}-{name}",
            partitions=self.partitions(topic),
            key_type=bytes,
            value_type=bytes,
            use_partitioner=True,
            extra_topic_configs=CHANGELOG_CONFIG,
        )

    def _add_agent(self, agent: Agent[Any]) -> None:
        source = self.app.topic(
            agent.topic.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            internal=False,
        )

        async def run(stream: StreamT[Any]) -> None:
            await self._run(agent, stream)

        self.app.agent(source, name=f"{self.name}.{agent.topic.name}", concurrency=1)(run)

    def broadcast_with_receipt(
        self,
        topic: Topic[Any],
        add_record: Callable[[bytes | None, datetime], None],
        *,
        replay_records: int = ALL_RECORDS,
        after_batch: Callable[[], None] = lambda: None,
        wait_until_caught_up: bool = True,
    ) -> None:
        """Subscribe to a topic beside the agents; see `WorkerContext.broadcast_with_receipt`."""
        caught_up = asyncio.Event()
        if wait_until_caught_up:
            self._caught_up.append(caught_up)

        async def read() -> None:
            await subscribe(
                self.settings,
                {topic: replay_records},
                lambda _topic, value, timestamp: add_record(value, datetime.fromtimestamp(timestamp / 1000, UTC)),
                after_batch=after_batch,
                caught_up=caught_up,
            )

        self.app.task(read)

    def every(self, seconds: float, action: Callable[[], Awaitable[None]], *, name: str) -> None:
        """Run an action periodically."""
        self.app.timer(interval=seconds, name=name)(action)

    def background(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task for as long as the worker runs."""
        self.app.task(task)

    async def produce(
        self, topic: Topic[Any], key: str, payload: msgspec.Struct, *, id: EventId, time: datetime
    ) -> None:
        """Send a record; see `WorkerContext.produce`."""
        envelope = Envelope(id, topic.event_type, f"pulso/{self.name}", time, topic.content_type, datetime.now(UTC))
        value = msgspec.json.encode(payload)
        sending = await self.app.producer.send(topic.name, key.encode(), value, None, None, envelope.headers())
        await cast(Awaitable[object], sending)

    def is_last(self, record: Record[Any]) -> bool:
        """Return True if Kafka held no record behind this one in its partition at the last fetch."""
        return self._events_behind(record.event) == 0

    def report_progress(self) -> None:
        """Report that work goes on."""
        self._readiness.report_progress()

    async def _run(self, agent: Agent[Any], stream: StreamT[Any]) -> None:
        async for events in batches(stream, agent.max_events, self._is_behind):
            for caught_up in self._caught_up:
                await caught_up.wait()
            began = time.monotonic()
            owned = events
            try:
                async with agent.lock:
                    owned = self._ownership.owned(events)
                    in_place = await self._pass_on_misplaced(agent, owned)
                    if in_place:
                        await self._processor.process(agent, in_place, began)
            except PartitionsRevokedError:
                log.info("%s: %d events of %s were revoked", self.name, len(owned), agent.topic.name)
                agent.on_failure()
                continue
            except Exception as error:
                # Faust would go on behind these events, and they would be missing until the next start.
                log.exception("%s: results or state rows can't be written", self.name)
                await self.app.crash(error)
                raise
            # An event that was read before a rebalance is not acknowledged after it: it comes again.
            for event in self._ownership.owned(owned):
                event.ack()
            metrics.BATCH_SECONDS.labels(self.name).observe(time.monotonic() - began)
            self.report_progress()

    async def _pass_on_misplaced(self, agent: Agent[Any], events: list[EventT[Any]]) -> list[EventT[Any]]:
        """Send events that are not in the partition of their key there; return the others.

        They come from before their topic grew, or from a producer that has not seen it yet. Their state row is where
        their key belongs, perhaps in another process.
        """
        if agent.topic.name not in self._movable:
            return events
        count = self.partitions(agent.topic)
        in_place, sent = [], []
        for event in events:
            message = event.message
            partition = _partition_of_key(message.key, count)
            if partition in (None, message.partition):
                in_place.append(event)
            else:
                headers = list(dict(event.headers or {}).items())
                sent.append(
                    await self.app.producer.send(agent.topic.name, message.key, message.value, partition, None, headers)
                )
        if sent:
            log.info("%s: passed on %d events of %s to their keys' partitions", self.name, len(sent), agent.topic.name)
            await asyncio.gather(*(cast(Awaitable[object], one) for one in sent))
        return in_place

    def _is_behind(self, event: EventT[Any]) -> bool:
        """Return True if Kafka holds more of the event's partition."""
        return bool(self._events_behind(event))

    def _events_behind(self, event: EventT[Any]) -> int | None:
        """Return the records behind an event as of the last fetch, which costs nothing; None before the first."""
        high = self.app.consumer.highwater(event.message.tp)
        return None if high is None else max(0, high - event.message.offset - 1)


def _partition_of_key(key: bytes | None, count: int) -> int | None:
    """Return the partition of a key; None where any will do: it has none, or one that the agent rejects."""
    try:
        return None if not key else partition_of(key.decode(), count)
    except UnicodeDecodeError:
        return None


class _KafkaOutput:
    """Output of a worker to Kafka, through Faust's producer and tables."""

    def __init__(self, app: Any, ownership: PartitionOwnership) -> None:
        self._app = app
        self._ownership = ownership

    async def send_output(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> Awaitable[object]:
        sending: Awaitable[object] = await self._app.producer.send(topic, key, value, None, None, headers)
        return sending

    async def store_rows(
        self, rows: Mapping[str, bytes | None], table: Any, events: list[EventT[Any]], began: float
    ) -> None:
        if rows:
            await ensure_partitions_known(self._app.producer, table)
        await self._ownership.verify(events, began)
        await write_rows(rows, table)


async def batches(
    stream: StreamT[Any], max_events: int, is_behind: Callable[[EventT[Any]], bool] = lambda _: False
) -> AsyncIterator[list[EventT[Any]]]:
    """Yield micro-batches: whatever is waiting, at most `max_events`, acknowledged by the caller in order.

    Faust hands events over one at a time, so a reader that keeps up would see batches of one however long the
    backlog is. While `is_behind` reports that Kafka holds more, a batch may fill for up to `FILL_SECONDS`. Faust's own
    `take` waits for its time to pass even when the stream is quiet.
    """
    pending: list[EventT[Any]] = []
    unacked: Any = cast(Any, stream).noack()  # the abstract type hides what every stream has
    queue = unacked.channel.queue
    async for event in unacked.events():
        pending.append(event)
        if len(pending) < max_events and queue.empty() and is_behind(event):
            until = time.monotonic() + FILL_SECONDS
            while queue.qsize() < max_events - len(pending) and time.monotonic() < until:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        if len(pending) < max_events and not queue.empty():
            continue
        ready, pending = pending, []
        yield ready
