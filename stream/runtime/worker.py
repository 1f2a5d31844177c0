"""What all workers share: a Faust app, micro-batches, dead letters, results before state, readiness.

The order of effects in `_work` is what makes a crash harmless. Results are sent and acknowledged first, then the
rows of state are written, then the events are acknowledged. A crash in between repeats the batch: its results
carry the same ids as before, and a row that was already written knows the offset it includes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from faust.types import EventT, StreamT

from schemas.cloudevents import Headers
from schemas.topic import Topic
from schemas.venue import Venue
from stream.registry.model_store import Folders, ModelStore
from stream.registry.reloadable_model import Live, SecondChance
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome
from stream.runtime.batches import batches
from stream.runtime.broadcast import EVERYTHING, follow
from stream.runtime.dead_letters import dead_letter_headers
from stream.runtime.decoding import UnusableError
from stream.runtime.faust_app import faust_app
from stream.runtime.faust_patches import deliver_without_tasks, seek_with_nothing_on_its_way
from stream.runtime.ownership import Ownership, TakenAwayError
from stream.runtime.readiness import Readiness
from stream.runtime.record import Incoming, read
from stream.runtime.settings import Settings
from stream.runtime.table_rows import know_partitions, write_rows
from stream.runtime.topics import CHANGELOG_CONFIG

log = logging.getLogger(__name__)

T = TypeVar("T")
Handler = Callable[[list[Incoming]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class _Job:
    """What one agent does."""

    topic: Topic[Any]
    decoder: msgspec.json.Decoder[Any] | None
    handle: Handler
    table: Any
    failed: Callable[[], None]
    lock: asyncio.Lock
    """held from reading a row to writing it, since several agents may share a table"""


class Worker:
    """One Faust app and what every one of its agents needs."""

    def __init__(self, name: str, settings: Settings, venue: Venue, *, buffer: int = 4096) -> None:
        self.name = name
        self.settings = settings
        self.venue = venue
        self.app = faust_app(name, settings, buffer=buffer)
        self._ownership = Ownership(self.app)
        self._locks: dict[str, asyncio.Lock] = {}
        self._chances: list[SecondChance] = []
        self._followed: list[asyncio.Event] = []
        self._readiness = Readiness(name, self.app)
        self.alive = self._readiness.alive
        deliver_without_tasks(self.app.consumer)
        seek_with_nothing_on_its_way(self.app.consumer)

    def table(self, name: str, topic: Topic[Any]) -> Any:
        """A table of raw rows whose partitions match those of the topic that feeds it.

        Rows are placed by Kafka's own partitioner on the raw key, so that a batch may write rows of several
        partitions at once: the key must be the record's key, or the topic must have one partition.
        """
        return self.app.Table(
            f"{self.name}-{name}",
            partitions=topic.partitions,
            key_type=bytes,
            value_type=bytes,
            use_partitioner=True,
            extra_topic_configs=CHANGELOG_CONFIG,
        )

    def agent(
        self,
        topic: Topic[Any],
        handle: Handler,
        *,
        table: Any = None,
        most: int = 256,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Read a topic in micro-batches of at most `most` events.

        `failed` is called when `handle` raised: whatever it half changed must be forgotten. The batch is then
        tried event by event, so that one event that nobody thought of dies alone.
        """
        source = self.app.topic(
            topic.name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", internal=False
        )
        job = _Job(
            topic,
            msgspec.json.Decoder(topic.record) if topic.record else None,
            handle,
            table,
            failed,
            self._lock(table),
        )

        async def work(stream: StreamT[Any]) -> None:
            async for events in batches(stream, most, self._behind):
                for known in self._followed:
                    await known.wait()
                began = time.monotonic()
                try:
                    async with job.lock:
                        events = self._ownership.mine(events)  # noqa: PLW2901
                        await self._work(job, events, began)
                except TakenAwayError:
                    log.info("%s: %d events of %s went to another worker", self.name, len(events), topic.name)
                    job.failed()
                    continue
                except Exception as error:
                    # Faust would go on behind these events, and they would be missing until the next start.
                    log.exception("%s: results or rows can't be written", self.name)
                    await self.app.crash(error)
                    raise
                # An event that was read before a rebalance is not acknowledged after it: it comes again.
                for event in self._ownership.mine(events):
                    event.ack()
                metrics.BATCH_SECONDS.labels(self.name).observe(time.monotonic() - began)
                self.alive()

        self.app.agent(source, name=f"{self.name}.{topic.name}", concurrency=1)(work)

    def follow(
        self,
        topic: Topic[Any],
        take: Callable[[bytes | None], None],
        *,
        back: int = EVERYTHING,
        after: Callable[[], None] = lambda: None,
        first: bool = True,
    ) -> None:
        """Read a topic beside the agents; every worker reads all of its partitions.

        Args:
            take: given each value; what can't be decoded must not trouble it.
            back: how many records of each partition, before its end, are read at the start.
            after: called when a batch of records was taken.
            first: no event is handled before everything is taken that the topic held at the start, so that what waited
                while the worker was away is judged by what people had said before.
        """
        known = asyncio.Event()
        if first:
            self._followed.append(known)

        async def reading() -> None:
            await follow(self.settings, {topic: back}, lambda _topic, value, _at: take(value), after=after, known=known)

        self.app.task(reading)

    def live(
        self, names: Sequence[str], build: Callable[[Folders], T], *, close: Callable[[T], None] = lambda _: None
    ) -> Live[T]:
        """What `build` makes of the models in use; made anew when one of them is promoted or rolled back."""
        store = ModelStore(self.settings.models)
        made = Live(store, names, build, close=close, who=self.name, settings=self.settings)
        self._chances.append(made)
        self.app.timer(interval=self.settings.model_poll_seconds, name=f"models {' '.join(names)}")(made.check)
        return made

    def is_last(self, incoming: Incoming) -> bool:
        """Whether Kafka holds nothing behind an event in its partition, as of the last fetch."""
        return self._waiting(incoming.event) == 0

    def _lock(self, table: Any) -> asyncio.Lock:
        return asyncio.Lock() if table is None else self._locks.setdefault(table.name, asyncio.Lock())

    async def _work(self, job: _Job, events: list[EventT[Any]], began: float) -> None:
        now = datetime.now(UTC)
        incoming: list[Incoming] = []
        dead: list[tuple[EventT[Any], UnusableError]] = []
        for event in events:
            try:
                incoming.append(read(event, job.topic, job.decoder, now))
            except UnusableError as error:
                dead.append((event, error))
        dropped = 0
        async for outcome in self._outcomes(job, incoming):
            await self._send_results(outcome)
            if outcome.rows:
                await self._know_partitions(job.table)
            await self._ownership.check(events, began)
            await write_rows(outcome.rows, job.table)
            dead += [(letter.event, error) for letter, error in outcome.dead]
            dropped += len(outcome.dropped)
        await self._bury(dead, job.topic)
        for what, number in (("dead", len(dead)), ("dropped", dropped), ("ok", len(events) - len(dead) - dropped)):
            metrics.EVENTS.labels(self.name, job.topic.name, what).inc(number)

    def _behind(self, event: EventT[Any]) -> bool:
        """Whether Kafka holds more of the event's partition."""
        return bool(self._waiting(event))

    def _waiting(self, event: EventT[Any]) -> int | None:
        """Records behind an event in its partition, as of the last fetch, so it costs nothing; None before it."""
        high = self.app.consumer.highwater(event.message.tp)
        return None if high is None else max(0, high - event.message.offset - 1)

    async def _outcomes(self, job: _Job, incoming: list[Incoming]) -> AsyncIterator[Outcome]:
        if not incoming:
            return
        try:
            yield await job.handle(incoming)
        except Exception:
            log.exception("%s: a batch of %d failed; trying its events one by one", self.name, len(incoming))
        else:
            return
        job.failed()
        for one in incoming:
            try:
                outcome = await job.handle([one])
            except Exception as error:
                log.exception("%s: %s %d/%d failed", self.name, one.topic.name, one.partition, one.offset)
                job.failed()
                outcome = await self._second_chance(job, one, error)
            yield outcome

    async def _second_chance(self, job: _Job, one: Incoming, error: Exception) -> Outcome:
        """An event that failed just after a change of models, with the models before."""
        for chance in self._chances:
            if not chance.on_probation:
                continue
            chance.step_back()
            try:
                outcome = await job.handle([one])
            except Exception:
                job.failed()
                chance.step_forward(None)
            else:
                chance.step_forward(error)
                return outcome
        return Outcome(dead=[(one, UnusableError("unexpected", f"{type(error).__name__}: {error}"))])

    async def _send_results(self, outcome: Outcome) -> None:
        now = datetime.now(UTC)
        sent = []
        for result in outcome.results:
            envelope = result.envelope()
            sent.append(
                await self._send(
                    result.topic.name, result.key.encode(), msgspec.json.encode(result.record), envelope.headers()
                )
            )
            metrics.RESULTS.labels(self.name, result.topic.name).inc()
            metrics.EVENT_DELAY.labels(self.name).observe(max(0.0, (now - envelope.received).total_seconds()))
        if sent:
            await asyncio.gather(*sent)

    async def _know_partitions(self, table: Any) -> None:
        await know_partitions(self.app.producer, table)

    async def _bury(self, dead: list[tuple[EventT[Any], UnusableError]], topic: Topic[Any]) -> None:
        now = datetime.now(UTC)
        sent = []
        for event, error in dead:
            headers = dead_letter_headers(event, error, worker=self.name, now=now)
            sent.append(await self._send(topic.dead.name, event.key, event.value, headers))
            metrics.DEAD_LETTERS.labels(self.name, topic.name, error.reason).inc()
        if sent:
            await asyncio.gather(*sent)

    async def _send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Awaitable[Any]:
        sending: Awaitable[Any] = await self.app.producer.send(topic, key, value, None, None, headers)
        return sending
