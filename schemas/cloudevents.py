"""CloudEvents 1.0 in Kafka's binary mode: attributes are headers, the value stays what it is.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.errors import PulsoError
from schemas.ids import EventId

Headers = list[tuple[str, bytes]]

_REQUIRED = ("ce_id", "ce_type", "ce_source", "ce_time")


class EnvelopeError(PulsoError, ValueError):
    """A record's headers do not make a CloudEvent."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of one event.

    Attributes:
        id: stable over retries of the same event.
        time: when it happened, by the clock of its source (or the simulation's).
        received: when Pulso's source handed it to Kafka, by the wall clock; results inherit it from the event
            that caused them, so that the delay from event to alert can be measured. A CloudEvents extension.
        damaged: true for a picture of a stream that lost packets; its content is not what the camera saw. An extension.
    """

    id: EventId
    type: str
    source: str
    time: datetime
    content_type: str
    received: datetime
    damaged: bool = False

    def headers(self) -> Headers:
        """Kafka headers of this event.

        >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
        >>> envelope = Envelope(EventId("t-1"), "pulso.ticket.v1", "till/7", noon, "application/json", noon)
        >>> dict(envelope.headers())["ce_time"]
        b'2026-07-04T12:00:00+00:00'
        >>> Envelope.from_headers(envelope.headers()) == envelope
        True
        """
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.isoformat().encode()),
            ("ce_received", self.received.isoformat().encode()),
            ("content-type", self.content_type.encode()),
            *([("ce_damaged", b"true")] if self.damaged else []),
        ]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]] | Mapping[str, bytes] | None) -> Envelope:
        """Read the headers of a record.

        Raises:
            EnvelopeError: an attribute is missing or no time can be read from it.
        """
        try:
            found = {name: value.decode() for name, value in dict(headers or {}).items() if value is not None}
        except UnicodeDecodeError as error:
            raise EnvelopeError(f"a header is not UTF-8: {error}") from error
        if missing := [name for name in _REQUIRED if not found.get(name)]:
            raise EnvelopeError(f"not a CloudEvent: no {', '.join(missing)} among the headers")
        time = _instant("ce_time", found["ce_time"])
        return cls(
            id=EventId(found["ce_id"]),
            type=found["ce_type"],
            source=found["ce_source"],
            time=time,
            content_type=found.get("content-type", "application/octet-stream"),
            received=_instant("ce_received", found["ce_received"]) if found.get("ce_received") else time,
            damaged=found.get("ce_damaged") == "true",
        )


def _instant(name: str, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeError(f"{name} is no RFC 3339 time: {text[:60]!r}") from error
    if time.tzinfo is None:
        raise EnvelopeError(f"{name} has no offset from UTC: {text[:60]!r}")
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # the first and the last day that Python knows, in another zone
        raise EnvelopeError(f"{name} is no time of an event: {text[:60]!r}") from error
