"""A worker without a broker: the same decoding, handlers, second tries and burials; what it sends is kept in a list."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from faust.types import EventT

from schemas.cloudevents import Envelope, Headers
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features import registry
from stream.runtime.ownership import Ownership
from stream.runtime.producer import partition_of
from stream.runtime.record import Incoming
from stream.runtime.settings import Settings
from stream.runtime.worker import Handler, Worker, _Job


@dataclass(frozen=True, slots=True)
class Message:
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class Record:
    """What an agent is handed: as Faust's event, as far as a worker looks."""

    key: bytes | None
    value: bytes | None
    headers: Any
    message: Message


class Rows(dict[bytes, bytes]):
    """A table in memory, whose changelog nobody keeps."""

    name = "rows"

    @property
    def data(self) -> dict[bytes, bytes]:
        return self

    async def send_changelog(self, partition: int | None, key: bytes, value: bytes | None, **_: Any) -> None:
        """Written at once."""


class Alone(Ownership):
    """Nobody else works on the partitions."""

    def mine(self, events: list[EventT[Any]]) -> list[EventT[Any]]:
        return events


@dataclass(slots=True)
class Sent:
    """One record that the worker sent."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)


class OfflineWorker(Worker):
    """Register a worker's agents on it, then `give` it records."""

    def __init__(self, name: str, settings: Settings, venue: Venue) -> None:
        self._jobs: dict[str, _Job] = {}
        self._offsets: dict[tuple[str, int], int] = {}
        self.sent: list[Sent] = []
        super().__init__(name, settings, venue)
        self._ownership = Alone(self.app)

    def table(self, name: str, topic: Topic) -> Any:
        rows = Rows()
        rows.name = f"{self.name}-{name}-{topic.name}"
        return rows

    def agent(
        self, topic: Topic, handle: Handler, *, table: Any = None, most: int = 256, failed: Any = lambda: None
    ) -> None:
        del most
        decoder = msgspec.json.Decoder(topic.record) if topic.record else None
        self._jobs[topic.name] = _Job(topic, decoder, handle, table, failed, self._lock(table))

    @property
    def topics(self) -> list[Topic]:
        """What its agents read."""
        return [registry.topics_by_name()[name] for name in self._jobs]

    def record(self, topic: Topic, key: bytes | None, value: bytes | None, headers: Any) -> Record:
        """A record at the next offset of the partition that Kafka's partitioner gives its key."""
        try:
            partition = partition_of((key or b"").decode(), topic.partitions)
        except UnicodeDecodeError:
            partition = 0
        offset = self._offsets.get((topic.name, partition), 0)
        self._offsets[topic.name, partition] = offset + 1
        return Record(key, value, headers, Message(topic.name, partition, offset))

    def is_last(self, incoming: Incoming) -> bool:
        """As if nothing were waiting in Kafka."""
        return True

    async def give(self, topic: Topic, records: list[Record]) -> list[Sent]:
        """Let the worker's own code work through one batch; returns what it sent because of it."""
        self.sent = []
        await self._work(self._jobs[topic.name], cast(Any, records), time.monotonic())
        return self.sent

    async def _know_partitions(self, table: Any) -> None:
        """There is no broker to ask."""

    async def _send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Any:
        self.sent.append(Sent(topic, key, value, headers))
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def check(sent: Sent) -> str | None:
    """Why a record that a worker sent is of no use to whoever reads it, or None."""
    headers = dict(sent.headers)
    if sent.topic.endswith(".dead"):
        return None if headers.get("pulso_dead_reason") and headers.get("pulso_dead_error") else "no reason is given"
    topic = registry.topics_by_name()[sent.topic]
    try:
        Envelope.from_headers(sent.headers)
        if topic.record is not None:
            msgspec.json.decode(sent.value or b"", type=topic.record)
    except ValueError as error:
        return f"{sent.topic} can't be read: {error}"
    return None
