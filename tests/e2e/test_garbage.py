"""Test of invalid input on every topic: all of it is dead-lettered, and the workers stay alive."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from schemas.alerts import ACTIONS, OBSERVATIONS
from schemas.bars import DEMAND, SALES, STOCK, SaleLine, Ticket
from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from schemas.context import CONTEXT
from schemas.music import SNIPPETS
from schemas.support import MAILS
from schemas.topic import Topic
from stream.features import registry
from stream.runtime.producer import EventProducer
from tests.e2e.conftest import StackClient

TOPICS = (FRAMES, SALES, STOCK, MAILS, SNIPPETS, CONTEXT, *registry.result_topics(), OBSERVATIONS, ACTIONS)


def make_headers(topic: Topic, number: int, time: datetime | None = None) -> list[tuple[str, bytes]]:
    now = datetime.now(UTC)
    return Envelope(
        id=f"garbage-{topic.name}-{number}", type=topic.event_type, source="test", time=time or now,
        content_type=topic.content_type,
        received=now + timedelta(minutes=10),  # so that no frame is dropped as too old on a busy machine
    ).headers()  # fmt: skip


def invalid_records(topic: Topic) -> list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]:
    """Yield key, value and headers of invalid records."""
    future = datetime(2099, 1, 1, tzinfo=UTC)
    valid = make_headers(topic, 0)
    without_id = [(name, value) for name, value in valid if name != "ce_id"]
    wrong_time = [(name, b"yesterday" if name == "ce_time" else value) for name, value in valid]
    edge = [(name, b"0001-01-01T00:00:00+14:00" if name == "ce_time" else value) for name, value in valid]
    values: list[bytes | None] = [
        b"", None, b"\x00\xff\xfe\x80garbage", b"{", b"[]", b"null", b'"text"', b"{}" * 3, b"[" * 100_000,
        json.dumps({"id": 5, "bar": None, "time": "later"}).encode(), b"\xff\xd8\xff\xe0cut off",
        b"RIFF\x24\x00\x00\x00WAVE",
        '{"id":"x","bar":"north","time":"2026-07-04T20:00:00","lines":[]}'.encode("utf-16"),
        b'{"z":' + b"[" * 100_000,
        b'{"id":"x","thread":"x","time":"2026-07-04T20:00:00Z","text":' + b'"' + b"a" * 600_000 + b'"}',
    ]  # fmt: skip
    records = [(b"north", value, make_headers(topic, number)) for number, value in enumerate(values, 1)]
    records += [
        (b"north", b"{}", []), (b"north", b"{}", without_id), (b"north", b"{}", wrong_time), (b"north", b"{}", edge),
        (b"\xff\xfe", b"{}", valid),
        (None, b"{}", make_headers(topic, 90)), (b"north", b"{}", make_headers(topic, 91, future)),
        (b"north", b"{}", [*valid[:-1], ("ce_type", b"\xff\xff")]),
    ]  # fmt: skip
    if topic.compacted:
        # The broker itself refuses a record without a key there, and the whole batch with it.
        records = [record for record in records if record[0] is not None]
    return records


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("vision", "bars", "support", "music", "alerts")
def test_invalid_input_is_dead_lettered_and_work_continues(stack_client: StackClient) -> None:
    starts = {name: child.starts for name, child in stack_client.stack.children.items()}
    expected = {}
    with EventProducer(stack_client.settings) as producer:
        for topic in TOPICS:
            records = invalid_records(topic)
            expected[topic] = len(records)
            for key, value, headers in records:
                producer.send_raw(topic.name, key=key, value=value, headers=headers)
    # A batch may be read again after a rebalance: a dead letter is never missing, and rarely doubled.
    for topic in TOPICS:
        stack_client.wait_for(
            f"dead letters of {topic.name}",
            lambda topic=topic: len(stack_client.dead_letters(topic)) >= expected[topic],
        )

    now = datetime.now(UTC) - timedelta(minutes=5)
    ticket = Ticket(id="good", bar="north", till="1", time=now, lines=(SaleLine(product="beer", quantity=1),))
    with EventProducer(stack_client.settings) as producer:
        producer.send(SALES, key="north", value=ticket, id=ticket.id, source="test", time=now)
    stack_client.wait_for(
        "a good ticket counted", lambda: [r for r in stack_client.valid_records(DEMAND) if r.tickets == 1]
    )
    assert {name: child.starts for name, child in stack_client.stack.children.items()} == starts
