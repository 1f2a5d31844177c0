"""What a worker has to say about a batch: results to send, rows to store, events that were of no use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.cloudevents import Envelope
from schemas.fields import identifier
from schemas.topic import Topic
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming


@dataclass(frozen=True, slots=True)
class Result:
    """One record to send because of an event.

    The id derives from the causing event, so that a result that is sent again after a crash is known as the same.
    """

    topic: Topic[Any]
    key: str
    record: msgspec.Struct
    cause: Envelope
    part: str = ""
    """tells apart several results of one event on one topic"""

    def envelope(self) -> Envelope:
        """CloudEvents attributes; time and reception are inherited from the cause."""
        name = f"{self.cause.id}/{self.topic.name}" + (f"/{self.part}" if self.part else "")
        return Envelope(
            id=identifier(name),
            type=self.topic.event_type,
            source=f"pulso/{self.topic.name}",
            time=self.cause.time,
            content_type=self.topic.content_type,
            received=self.cause.received,
        )


@dataclass(slots=True)
class Outcome:
    """The whole answer to one batch."""

    results: list[Result] = field(default_factory=list)
    rows: dict[str, bytes | None] = field(default_factory=dict)
    """state to store by key; None forgets the key"""
    dead: list[tuple[Incoming, UnusableError]] = field(default_factory=list)
    dropped: list[Incoming] = field(default_factory=list)
    """too old to be worth the work, and not needed by anyone: camera frames only"""
