"""One record as a worker sees it: its CloudEvent attributes, its place in Kafka, and its value, decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from faust.types import EventT

from schemas.cloudevents import Envelope, EnvelopeError
from schemas.fields import identifier
from schemas.topic import Topic
from stream.runtime.decoding import UnusableError, check_time, read_record

AHEAD = timedelta(hours=1)
"""An event that claims to be later than this after now has a wrong clock, and would silence all that follow it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record that could be read.

    Attributes:
        record: the decoded JSON record, or None on a topic of bytes.
    """

    topic: Topic[Any]
    key: str
    value: bytes
    record: Any
    envelope: Envelope
    partition: int
    offset: int
    event: EventT[Any]


def read(event: EventT[Any], topic: Topic[Any], decoder: msgspec.json.Decoder[Any] | None, now: datetime) -> Incoming:
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
    record = None if decoder is None else read_record(decoder, value, topic.event_type)
    for time in (envelope.received, envelope.time):  # those within the record were looked at with it
        check_time(time)
    # What is plausible is judged by the record's own time too: a till with a wrong clock writes it in both. When it was
    # received says nothing here: by a worker whose own clock is behind, everything was received in the future.
    for time in (envelope.time, getattr(record, "time", envelope.time)):
        if time > now + AHEAD:
            raise UnusableError(
                "time", f"{time.astimezone(UTC).isoformat()} is in the future; check the source's clock"
            )
    if (short := identifier(envelope.id)) != envelope.id:
        envelope = replace(envelope, id=short)  # results name it, and a name has a longest length
    return Incoming(topic, key, value, record, envelope, message.partition, message.offset, event)
