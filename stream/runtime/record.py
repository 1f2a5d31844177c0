"""Records as agents receive them: CloudEvent attributes, place in Kafka, and the decoded payload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

import msgspec

from processors.event_time import at_receipt, is_ahead
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.errors import PulsoError
from schemas.fields import identifier
from schemas.ids import EventId
from schemas.topic import Topic

if TYPE_CHECKING:
    from faust.types import EventT

EARLIEST_TIME, LATEST_TIME = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Bounds of a valid event time. Python's dates end at the years 1 and 9999, where time zones can't be converted."""

MAX_TIME_AHEAD = timedelta(hours=1)
"""Longest time by which a result may lie in the future. A later one comes from a wrong clock, and would hide every
event that follows it."""

MAX_SOURCE_TIME_AHEAD = timedelta(hours=15)
"""Longest time by which an event of a source may lie in the future: the widest offset of a time zone, and one hour of
daylight-saving time. Up to there it is an event of now whose clock is wrong (`processors.event_time`); beyond, nothing
of it is believed."""

InvalidReason = Literal["envelope", "empty", "schema", "time", "content", "unexpected"]

T = TypeVar("T")


class InvalidRecordError(PulsoError, ValueError):
    """A record that can't be used; it goes to the dead-letter topic.

    Attributes:
        reason: short enough for a metric label.
    """

    def __init__(self, reason: InvalidReason, message: str) -> None:
        super().__init__(message)
        self.reason: InvalidReason = reason


@dataclass(frozen=True, slots=True)
class Record(Generic[T]):
    """One valid record of a topic.

    Attributes:
        key: the record's key, decoded.
        payload: the decoded JSON record, or the bytes on a topic of bytes.
        value: the bytes as they came.
        event: Faust's event, for acknowledgement and for the dead-letter topic.
        kafka_time: Kafka's timestamp of the record; None where it has none.
        ahead: time by which the payload's time was ahead of the receipt; the payload has the time of the receipt.
        corrected: True if the time of the payload or of the envelope was ahead.
    """

    topic: Topic[T]
    key: str
    payload: T
    value: bytes
    envelope: Envelope
    partition: int
    offset: int
    event: EventT[Any]
    kafka_time: datetime | None = None
    ahead: timedelta = timedelta(0)
    corrected: bool = False

    @property
    def received(self) -> datetime:
        """Return the time of receipt: the earlier of the envelope's and Kafka's, which are part of the record."""
        return receipt_of(self.envelope, self.kafka_time)

    @property
    def id(self) -> EventId:
        """Return the CloudEvent id, which is stable over retries."""
        return self.envelope.id


def read_record(
    event: EventT[Any], topic: Topic[T], decoder: msgspec.json.Decoder[T] | None, now: datetime
) -> Record[T]:
    """Validate and decode one record.

    Args:
        event: Faust's event, with raw key and value.
        decoder: of the topic's JSON type; None for a topic of bytes.
        now: wall clock, against which future times are refused.

    Raises:
        InvalidRecordError: The headers, the value or a time is invalid.
    """
    message = event.message
    value: bytes | None = event.value
    if not value:
        raise InvalidRecordError("empty", "the record has no value")
    try:
        envelope = Envelope.from_headers(event.headers)
    except EnvelopeError as error:
        raise InvalidRecordError("envelope", str(error)) from error
    try:
        key = (event.key or b"").decode()
    except UnicodeDecodeError as error:
        raise InvalidRecordError("envelope", f"the key is not valid UTF-8: {error}") from error
    if not key:
        raise InvalidRecordError("envelope", f"the record has no key; {topic.name} is keyed by {topic.key}")
    payload = cast(T, value) if decoder is None else decode_payload(decoder, value, topic.event_type)
    for time in (envelope.received, envelope.time):  # times within the payload were checked with it
        check_time(time)
    # The payload's own time is checked, too: a till with clock skew writes it in both. The reception time is not
    # checked: for a worker whose own clock is behind, everything was received in the future.
    latest = now + max_time_ahead(topic)
    for time in (envelope.time, getattr(payload, "time", envelope.time)):
        if time > latest:
            raise InvalidRecordError(
                "time", f"{time.astimezone(UTC).isoformat()} is in the future; check the source's clock"
            )
    if (short := EventId(identifier(envelope.id))) != envelope.id:
        envelope = replace(envelope, id=short)  # results refer to it, and an identifier has a maximum length
    kafka_time, ahead, corrected = kafka_time_of(message), timedelta(0), False
    if topic.from_source:
        received = receipt_of(envelope, kafka_time)
        corrected = is_ahead(envelope.time, received)
        envelope = replace(envelope, time=at_receipt(envelope.time, received))
        payload, ahead = payload_at_receipt(payload, received)
    return Record(
        topic, key, payload, value, envelope, message.partition, message.offset, event, kafka_time, ahead,
        corrected or bool(ahead),
    )  # fmt: skip


def max_time_ahead(topic: Topic[Any]) -> timedelta:
    """Return the longest time by which a record of a topic may lie in the future."""
    return MAX_SOURCE_TIME_AHEAD if topic.from_source else MAX_TIME_AHEAD


def receipt_of(envelope: Envelope, kafka_time: datetime | None) -> datetime:
    """Return the time of receipt of a record.

    A producer that is not Pulso's may leave `ce_received` out: then the envelope has the event's own time there.
    """
    return envelope.received if kafka_time is None else min(envelope.received, kafka_time)


def kafka_time_of(message: Any) -> datetime | None:
    """Return Kafka's timestamp of a message of Faust, which has it in seconds; None where it has none."""
    seconds = getattr(message, "timestamp", None)
    if not seconds or seconds <= 0:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def payload_at_receipt(payload: T, received: datetime) -> tuple[T, timedelta]:
    """Return a payload whose time is not ahead of its receipt, and by how much it was.

    A payload without a time, such as a picture, is returned as it is: its envelope has the time.
    """
    time = getattr(payload, "time", None)
    if not isinstance(payload, msgspec.Struct) or not isinstance(time, datetime):
        return payload, timedelta(0)
    guarded = at_receipt(time, received)
    if guarded == time:
        return payload, timedelta(0)
    return cast(T, msgspec.structs.replace(payload, time=guarded)), time - guarded


def decode_payload(decoder: msgspec.json.Decoder[T], value: bytes | None, type_name: str) -> T:
    """Decode the JSON payload of a record.

    Args:
        type_name: name of the type in error messages.

    Raises:
        InvalidRecordError: The value is not valid JSON of this type, or has a time that no event can have.

    >>> from schemas.context import VenueContext
    >>> contexts = msgspec.json.Decoder(VenueContext)
    >>> decode_payload(contexts, b'{"zone":"front","time":"0001-01-01T00:00:00+14:00","source":"gate"}', "context")
    Traceback (most recent call last):
        ...
    stream.runtime.record.InvalidRecordError: 0001-01-01T00:00:00+14:00 is not a valid event time; check the source's clock
    """  # noqa: E501
    try:
        payload = decoder.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRecordError("schema", f"not a valid {type_name}: {error}") from error
    for time in times_in(payload):
        check_time(time)
    return payload


def try_decode_payload(decoder: msgspec.json.Decoder[T], value: bytes | None, type_name: str) -> T | None:
    """Decode a payload, or return None where it is invalid.

    For readers beside the worker that sends the same record to the dead-letter topic.
    """
    try:
        return decode_payload(decoder, value, type_name)
    except InvalidRecordError:
        return None


def check_time(time: datetime) -> None:
    """Check that a time lies within the bounds of event times.

    Raises:
        InvalidRecordError: it does not.
    """
    if not EARLIEST_TIME <= time <= LATEST_TIME:
        raise InvalidRecordError("time", f"{time.isoformat()} is not a valid event time; check the source's clock")


def times_in(payload: Any) -> Iterator[datetime]:
    """Yield every time in a payload, and in the structs within it.

    >>> from schemas.attendance import AttendanceChange
    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> list(times_in(AttendanceChange(id="1", kind="reset", by="ana", time=noon))) == [noon]
    True
    """
    payload_type: Any = type(payload)
    for name in _fields_with_times(payload_type):
        value = getattr(payload, name)
        if isinstance(value, datetime):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from times_in(item)
        elif value is not None:
            yield from times_in(value)


@cache
def _fields_with_times(payload_type: Any) -> tuple[str, ...]:
    """Return the fields that are times or structs with times; cached, so that most records cost one look-up."""
    if not issubclass(payload_type, msgspec.Struct):
        return ()
    info = cast(msgspec.inspect.StructType, msgspec.inspect.type_info(payload_type))
    return tuple(field.name for field in info.fields if _may_hold_time(field.type))


def _may_hold_time(field_type: msgspec.inspect.Type) -> bool:
    match field_type:
        case msgspec.inspect.DateTimeType():
            return True
        case msgspec.inspect.Metadata():
            return _may_hold_time(field_type.type)
        case msgspec.inspect.UnionType():
            return any(_may_hold_time(option) for option in field_type.types)
        case msgspec.inspect.VarTupleType():
            return _may_hold_time(field_type.item_type)
        case msgspec.inspect.StructType():
            struct: Any = field_type.cls
            return bool(_fields_with_times(struct))
    return False
