"""Effects of records: records to produce, state to persist, dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from schemas.cloudevents import Envelope, Headers
from schemas.fields import identifier
from schemas.ids import EventId
from schemas.topic import Topic
from stream.runtime.record import InvalidRecordError, Record

if TYPE_CHECKING:
    from faust.types import EventT

S = TypeVar("S")

DEAD_LETTER_PREFIX = "pulso_dead_"


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One record to produce because of an event.

    Its id derives from the causing event, so that a result that is sent again after a crash is recognised.

    Attributes:
        cause: envelope of the causing event.
        part: distinguishes several outputs of one event on one topic.
    """

    topic: Topic[Any]
    key: str
    payload: msgspec.Struct
    cause: Envelope
    part: str = ""

    def envelope(self) -> Envelope:
        """Return the CloudEvent attributes; time and reception are inherited from the cause."""
        name = f"{self.cause.id}/{self.topic.name}" + (f"/{self.part}" if self.part else "")
        return Envelope(
            id=EventId(identifier(name)),
            type=self.topic.event_type,
            source=f"pulso/{self.topic.name}",
            time=self.cause.time,
            content_type=self.topic.content_type,
            received=self.cause.received,
        )


@dataclass(frozen=True, slots=True)
class Effects(Generic[S]):
    """Effects of one record on one state.

    Attributes:
        outputs: records to produce.
        state: the state to persist; None where the record changed nothing, as a repeated one.
        dropped: True if the record was too old to be processed; frames and sound only.
    """

    outputs: tuple[OutputRecord, ...] = ()
    state: S | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record for the dead-letter topic, with the reason."""

    record: Record[Any]
    error: InvalidRecordError


@dataclass(slots=True)
class BatchResult:
    """Effects of one batch: records to produce, state to persist, events to dead-letter.

    Attributes:
        rows: state to store by key; None removes the key.
        dropped: records too old to be processed; frames and sound only.
    """

    outputs: list[OutputRecord] = field(default_factory=list)
    rows: dict[str, bytes | None] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    dropped: list[Record[Any]] = field(default_factory=list)

    def reject(self, record: Record[Any], error: InvalidRecordError) -> None:
        """Send a record to the dead-letter topic."""
        self.dead_letters.append(DeadLetter(record, error))


def outputs_only(outputs: Iterable[OutputRecord]) -> BatchResult:
    """Return the result of a batch that keeps no state."""
    return BatchResult(outputs=list(outputs))


def dead_letter_headers(event: EventT[Any], error: InvalidRecordError, *, worker: str, now: datetime) -> Headers:
    """Return the record's own headers and those with reason, place and time of the rejection.

    A dead letter that is rejected again keeps only the newest reason. The sender's text may hold personal data, so the
    error is cut short and never logged beside it.
    """
    original = [
        (name, value or b"")
        for name, value in dict(event.headers or {}).items()
        if not name.startswith(DEAD_LETTER_PREFIX)
    ]
    message = event.message
    added = {
        "reason": error.reason,
        "error": str(error)[:1000],
        "worker": worker,
        "topic": message.topic,
        "partition": str(message.partition),
        "offset": str(message.offset),
        "time": now.astimezone(UTC).isoformat(),
    }
    return [*original, *((DEAD_LETTER_PREFIX + name, value.encode()) for name, value in added.items())]
