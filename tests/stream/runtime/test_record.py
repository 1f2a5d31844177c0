"""Tests of record validation: impossible times and long ids are refused or shortened, and never end a worker."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from schemas.alerts import OBSERVATIONS
from schemas.bars import SALES, Ticket
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.context import VenueContext
from schemas.support import MailTopic as Topic
from schemas.support import SupportTriage
from schemas.venue import Venue
from stream.features import registry
from stream.features.bars.venue_context import ContextCache
from stream.runtime.effects import OutputRecord
from stream.runtime.record import InvalidRecordError, decode_payload, read_record
from stream.runtime.testing import TestEvent

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)
TICKET = b'{"id":"1","bar":"north","till":"1","time":"%s","lines":[{"product":"beer","quantity":1}]}'
EDGES = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1901-01-01T00:00:00Z"
)  # fmt: skip


def record_of(value: bytes, **changed: bytes) -> Any:
    envelope = Envelope("e1", SALES.event_type, "test", NOW, SALES.content_type, NOW)
    headers = {**dict(envelope.headers()), **changed}
    event: Any = TestEvent(
        b"north", value, list(headers.items()), SimpleNamespace(topic=SALES.name, partition=0, offset=0)
    )
    return read_record(event, SALES, msgspec.json.Decoder(Ticket), NOW)


@pytest.mark.parametrize("edge", EDGES)
def test_time_at_edge_of_calendar_is_refused(edge: str) -> None:
    """`astimezone` raises OverflowError for these times, which ended the agent and lost its whole batch."""
    with pytest.raises(InvalidRecordError, match="clock") as raised:
        record_of(TICKET % edge.encode())
    assert raised.value.reason == "time"
    for header in ("ce_time", "ce_received"):
        with pytest.raises(InvalidRecordError) as raised:
            record_of(TICKET % b"2026-07-04T20:00:00Z", **{header: edge.encode()})
        assert raised.value.reason in ("envelope", "time")
    with pytest.raises(EnvelopeError):
        Envelope.from_headers({"ce_id": b"1", "ce_type": b"t", "ce_source": b"s", "ce_time": EDGES[1].encode()})


def test_worker_with_slow_clock_accepts_reception_times() -> None:
    """Reception times of sources with correct clocks are in the future of that worker."""
    later = (NOW + timedelta(hours=2)).isoformat().encode()
    assert record_of(TICKET % b"2026-07-04T20:00:00Z", ce_received=later).payload.bar == "north"
    with pytest.raises(InvalidRecordError, match="in the future"):
        record_of(TICKET % b"2026-07-04T20:00:00Z", ce_time=(NOW + timedelta(days=1)).isoformat().encode())


@pytest.mark.parametrize("ahead", ["2026-07-04T20:02:01Z", "2026-07-04T21:00:05Z", "2026-07-05T00:30:00+02:00"])
def test_source_ahead_of_its_receipt_gets_the_time_of_receipt(ahead: str) -> None:
    record = record_of(TICKET % ahead.encode(), ce_time=ahead.encode())
    assert record.payload.time == record.envelope.time == record.received == NOW
    assert record.payload.time + record.ahead == datetime.fromisoformat(ahead)


@pytest.mark.parametrize("time", ["2026-07-04T20:01:59Z", "2026-07-04T19:00:00Z", "2025-07-04T20:00:00Z"])
def test_source_that_is_not_ahead_keeps_its_time(time: str) -> None:
    record = record_of(TICKET % time.encode(), ce_time=time.encode())
    assert record.payload.time == record.envelope.time == datetime.fromisoformat(time)
    assert not record.ahead


def test_receipt_is_kafkas_where_the_sender_gives_none() -> None:
    """A bridge that writes to Kafka itself sends `ce_time` only, which is the till's own."""
    ahead = (NOW + timedelta(minutes=55)).isoformat().encode()
    headers = {"ce_id": b"1", "ce_type": SALES.event_type.encode(), "ce_source": b"till/1", "ce_time": ahead}
    message = SimpleNamespace(topic=SALES.name, partition=0, offset=0, timestamp=NOW.timestamp())
    event: Any = TestEvent(b"north", TICKET % ahead, list(headers.items()), message)
    for now in (NOW, NOW + timedelta(days=3)):  # a record that is read again gives the same
        record = read_record(event, SALES, msgspec.json.Decoder(Ticket), now)
        assert record.payload.time == record.envelope.time == NOW


@pytest.mark.parametrize(
    "topic", ["pos.sales", "bar.stock", "camera.frames", "audio.snippets", "social.posts", "support.emails",
              "venue.context", "venue.attendance"],
)  # fmt: skip
def test_every_topic_of_sources_is_guarded(topic: str) -> None:
    assert registry.topics_by_name()[topic].from_source


def test_picture_ahead_of_its_receipt_gets_the_time_of_receipt() -> None:
    from schemas.cameras import FRAMES

    envelope = Envelope("f", FRAMES.event_type, "camera/gate", NOW + timedelta(hours=1), "image/jpeg", NOW)
    message = SimpleNamespace(topic=FRAMES.name, partition=0, offset=0)
    event: Any = TestEvent(b"gate", b"jpeg", envelope.headers(), message)
    assert read_record(event, FRAMES, None, NOW).envelope.time == NOW


def test_invalid_nested_time_is_refused() -> None:
    from schemas.bars import DemandForecast

    value = (
        b'{"event_id":"1","bar":"north","time":"2026-07-04T20:00:00Z","tickets":1,"model":"m","products":'
        b'[{"product":"beer","sold":1,"fetch_by":"0001-01-01T00:00:00+14:00"}]}'
    )
    with pytest.raises(InvalidRecordError, match="0001"):
        decode_payload(msgspec.json.Decoder(DemandForecast), value, "forecast")


def test_context_cache_ignores_records_that_agents_reject() -> None:
    """A task of the bars worker adds records to the cache: an exception would end the worker."""
    cache = ContextCache()
    for value in (
        b'{"zone":"front","x":' + b"[" * 100_000, b'{"zone":"\xff"}', b'{"zone":"front","time":"0001-01-01T00:00:00Z"}',
        msgspec.json.encode(VenueContext(zone="front", time=NOW, source="mast", temperature_celsius=1e300)),
    ):  # fmt: skip
        cache.add_record(value)
    assert cache.features("front") == {}


def test_context_ahead_of_its_receipt_does_not_hide_later_context() -> None:
    cache = ContextCache()
    for source, time, people in (("gate", NOW + timedelta(minutes=50), 10.0), ("camera", NOW, 500.0)):
        context = VenueContext(zone="front", time=time, source=source, occupancy=people)
        cache.add_record(msgspec.json.encode(context), NOW - timedelta(minutes=1) if source == "gate" else NOW)
    assert cache.features("front")["occupancy"] == pytest.approx(math.log1p(500) / 5)


def test_long_ids_are_shortened_and_stay_distinct() -> None:
    """If ids were only cut at 200 letters, two urgent mails would share an alert, and results exceed the limit."""
    long_id = "m" * 200
    record = record_of(TICKET % b"2026-07-04T20:00:00Z", ce_id=f"mail/{long_id}".encode())
    assert len(record.envelope.id) <= 200

    def urgent_observation(name: str) -> Any:
        mail = SupportTriage(
            event_id=name, message=name, thread=name, language="es", time=NOW, priority="urgent",
            topic=Topic(name="x", confidence=1), summary="", model="m",
        )  # fmt: skip
        return registry.rule_evaluator(Venue(name="Test")).observations(mail)[0]

    first, second = urgent_observation(long_id[:199] + "1"), urgent_observation(long_id[:199] + "2")
    assert first.key != second.key
    assert first.id != second.id
    for observation in (first, second):
        assert msgspec.json.decode(msgspec.json.encode(observation), type=type(observation)) == observation
        assert (
            len(OutputRecord(OBSERVATIONS, observation.key, observation, record.envelope, part=long_id).envelope().id)
            <= 200
        )


async def test_events_of_a_source_that_is_ahead_are_counted() -> None:
    from stream.features.bars import FEATURE
    from stream.runtime import metrics
    from stream.runtime.testing import TestDriver

    driver = TestDriver(FEATURE, Venue(name="Test"))
    ticket = msgspec.json.decode(TICKET % b"2026-07-04T20:00:00Z", type=Ticket)
    before = metrics.EVENTS_AHEAD.labels(driver.name, SALES.name)._value.get()
    for ahead in (timedelta(0), timedelta(minutes=1), timedelta(minutes=3), timedelta(hours=1)):
        await driver.send(SALES, "north", ticket, received=ticket.time - ahead)
    assert metrics.EVENTS_AHEAD.labels(driver.name, SALES.name)._value.get() == before + 2
