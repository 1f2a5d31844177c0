"""An agent: the handler of one topic, with the table that its state rows are written to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from processors.row_expiry import RowExpiry
from schemas.topic import Topic
from stream.runtime.effects import BatchResult
from stream.runtime.record import Record
from stream.runtime.state import RowTable

T = TypeVar("T")
Handler = Callable[[list[Record[T]]], Awaitable[BatchResult]]


@dataclass(frozen=True, slots=True)
class Agent(Generic[T]):
    """One agent: its topic, handler and table.

    Attributes:
        on_failure: discards partial changes of a failed batch.
        lock: held from reading a row until writing it, since several agents may share a table.
        expiry: of the table's rows; None where they don't expire.
    """

    topic: Topic[T]
    handle: Handler[T]
    table: RowTable | None
    max_events: int
    on_failure: Callable[[], None]
    lock: asyncio.Lock
    expiry: RowExpiry | None = None
    decoder: msgspec.json.Decoder[T] | None = field(init=False)

    def __post_init__(self) -> None:
        record_type = self.topic.record
        object.__setattr__(self, "decoder", None if record_type is None else msgspec.json.Decoder(record_type))
