"""Bytes → a record that can be worked with: the one way in which JSON of a topic is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeVar

import msgspec

from schemas.errors import PulsoError

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""What lies beyond is no time of any event, and can't be put into every zone: Python's dates end at the years 1 and
9999."""

Reason = Literal["envelope", "empty", "schema", "time", "content", "unexpected"]

T = TypeVar("T")


class UnusableError(PulsoError, ValueError):
    """An event can't be used; `reason` is short enough for a metric label."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


def read_record(decoder: msgspec.json.Decoder[T], value: bytes | None, what: str) -> T:
    """Decode the JSON of one record.

    Args:
        what: the type's name, for people.

    Raises:
        UnusableError: no JSON, no such record, or a time in it that no event has.

    >>> from schemas.context import VenueContext
    >>> contexts = msgspec.json.Decoder(VenueContext)
    >>> read_record(contexts, b'{"zone":"front","time":"0001-01-01T00:00:00+14:00","source":"gate"}', "context")
    Traceback (most recent call last):
        ...
    stream.runtime.decoding.UnusableError: 0001-01-01T00:00:00+14:00 is no time of an event; check the source's clock
    """
    try:
        record = decoder.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableError("schema", f"not a {what}: {error}") from error
    for time in times_of(record):
        check_time(time)
    return record


def readable(decoder: msgspec.json.Decoder[T], value: bytes | None, what: str) -> T | None:
    """`read_record` for those who read beside a worker: None for what that worker puts among the dead letters."""
    try:
        return read_record(decoder, value, what)
    except UnusableError:
        return None


def check_time(time: datetime) -> None:
    """Raises: UnusableError: it is no time of an event."""
    if not EARLIEST <= time <= LATEST:
        raise UnusableError("time", f"{time.isoformat()} is no time of an event; check the source's clock")


def times_of(record: Any) -> Iterator[datetime]:
    """Every time that stands in a record, and in the records within it.

    >>> from schemas.attendance import AttendanceChange
    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> list(times_of(AttendanceChange(id="1", kind="reset", by="ana", time=noon))) == [noon]
    True
    """
    kind: Any = type(record)
    for name in _with_times(kind):
        value = getattr(record, name)
        if isinstance(value, datetime):
            yield value
        elif isinstance(value, tuple):
            for one in value:
                yield from times_of(one)
        elif value is not None:
            yield from times_of(value)


@cache
def _with_times(kind: Any) -> tuple[str, ...]:
    """The fields of a type that are times, or hold records that have some; so most records cost one look."""
    if not issubclass(kind, msgspec.Struct):
        return ()
    fields = msgspec.inspect.type_info(kind)
    assert isinstance(fields, msgspec.inspect.StructType)  # noqa: S101 - a Struct's
    return tuple(field.name for field in fields.fields if _may_hold_time(field.type))


def _may_hold_time(kind: msgspec.inspect.Type) -> bool:
    match kind:
        case msgspec.inspect.DateTimeType():
            return True
        case msgspec.inspect.Metadata():
            return _may_hold_time(kind.type)
        case msgspec.inspect.UnionType():
            return any(_may_hold_time(one) for one in kind.types)
        case msgspec.inspect.VarTupleType():
            return _may_hold_time(kind.item_type)
        case msgspec.inspect.StructType():
            held: Any = kind.cls
            return bool(_with_times(held))
    return False
