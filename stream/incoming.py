"""One record as a worker sees it: its CloudEvent attributes, its place in Kafka, and its value, decoded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from faust.types import EventT

from schemas.cloudevents import Envelope, EnvelopeError
from schemas.topics import Topic

AHEAD = timedelta(hours=1)
"""An event that claims to be later than this after now has a wrong clock, and would silence all that follow it."""

Reason = Literal["envelope", "empty", "schema", "time", "content", "unexpected"]


class UnusableError(ValueError):
    """An event can't be used; `reason` is short enough for a metric label."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record that could be read.

    Attributes:
        record: the decoded JSON record, or None on a topic of bytes.
    """

    topic: Topic
    key: str
    value: bytes
    record: Any
    envelope: Envelope
    partition: int
    offset: int
    event: EventT[Any]


def read(event: EventT[Any], topic: Topic, decoder: msgspec.json.Decoder[Any] | None, now: datetime) -> Incoming:
    """Decode one record.

    Raises:
        UnusableError: the headers, the value or the time can't be used.
    """
    message = event.message
    value: bytes | None = event.value
    if not value:
        raise UnusableError("empty", "the record has no value")
    try:
        envelope = Envelope.from_headers(event.headers)
    except EnvelopeError as error:
        raise UnusableError("envelope", str(error)) from error
    try:
        key = (event.key or b"").decode()
    except UnicodeDecodeError as error:
        raise UnusableError("envelope", f"the key is not UTF-8: {error}") from error
    if not key:
        raise UnusableError("envelope", f"the record has no key; {topic.name} is keyed by {topic.key}")
    record = None
    if decoder is not None:
        try:
            record = decoder.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnusableError("schema", f"not a {topic.event_type}: {error}") from error
    # What is plausible is judged by the record's own time too: a till with a wrong clock writes it in both.
    for time in (envelope.time, getattr(record, "time", envelope.time)):
        if time > now + AHEAD:
            raise UnusableError(
                "time", f"{time.astimezone(UTC).isoformat()} is in the future; check the source's clock"
            )
    return Incoming(topic, key, value, record, envelope, message.partition, message.offset, event)
