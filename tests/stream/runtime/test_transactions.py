"""Records of Kafka transactions that were aborted, or are still open, reach nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from faust.types import TP

from schemas.bars import SALES, SaleLine, Ticket
from schemas.cloudevents import Envelope
from stream.local import LocalStack
from stream.runtime.effects import BatchResult
from stream.runtime.producer import partition_of
from stream.runtime.record import Record
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.runtime.venue_file import read_venue
from stream.runtime.worker import Worker


def transactional(settings: Settings, name: str) -> Producer:
    producer = Producer({**settings.librdkafka(), "transactional.id": name, "partitioner": "murmur2_random"})
    producer.init_transactions(30)
    return producer


def produce(producer: Producer, name: str, number: int) -> None:
    for n in range(number):
        ticket = Ticket(
            id=f"{name}-{n}", bar="north", till="k", time=datetime.now(UTC),
            lines=(SaleLine(product="beer", quantity=10),),
        )  # fmt: skip
        envelope = Envelope(ticket.id, SALES.event_type, "till/k", ticket.time, SALES.content_type, ticket.time)
        producer.produce(SALES.name, key="north", value=msgspec.json.encode(ticket), headers=envelope.headers())
    producer.flush(20)


def ids_of(values: list[bytes | None]) -> list[str]:
    return [msgspec.json.decode(value or b"")["id"] for value in values]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - it is Kafka that is waited for
        await asyncio.sleep(0.05)


@pytest.mark.stack
async def test_aborted_and_open_transactions_are_read_by_no_consumer(tmp_path: Path) -> None:
    with LocalStack(tmp_path, workers=(), with_prometheus=False, with_console=False) as stack:
        committing, aborting = transactional(stack.settings, "good"), transactional(stack.settings, "bad")
        pending = transactional(stack.settings, "open")
        for producer, name, number in ((committing, "good", 2), (aborting, "bad", 5)):
            producer.begin_transaction()
            produce(producer, name, number)
        committing.commit_transaction(30)
        aborting.abort_transaction(30)

        handled: list[str] = []
        shared: list[bytes | None] = []

        async def handle(batch: list[Record[Ticket]]) -> BatchResult:
            handled.extend(record.payload.id for record in batch)
            return BatchResult()

        worker = Worker("probe", stack.settings, read_venue(stack.settings.venue))
        worker.agent(SALES, handle)
        # The topic ends with aborted records: a subscriber that waited for them would let no event through.
        worker.broadcast(SALES, shared.append)
        worker.app.finalize()
        async with asyncio.timeout(120):
            await worker.app.start()
            try:
                await until(lambda: len(handled) >= 2)
                pending.begin_transaction()
                produce(pending, "open", 3)
                committing.begin_transaction()
                produce(committing, "late", 1)
                committing.commit_transaction(30)
                # What lies behind an open transaction is not readable yet, and must not count as waiting.
                north = partition_of("north", SALES.partitions)
                (partition,) = (
                    tp for tp in worker.app.consumer.assignment() if (tp.topic, tp.partition) == (SALES.name, north)
                )
                await until_all_is_read(worker, partition)
                assert sorted(handled) == ["good-0", "good-1"]
                began = time.monotonic()
                assert ids_of([m.value() for m in read_all(stack.settings, SALES.name)]) == ["good-0", "good-1"]
                assert time.monotonic() - began < 10, "the end of the readable records is found without a time-out"
                pending.abort_transaction(30)
                await until(lambda: "late-0" in handled)
                await until_all_is_read(worker, partition)
            finally:
                await worker.app.stop()
        assert sorted(handled) == sorted(ids_of(shared)) == ["good-0", "good-1", "late-0"]
        assert ids_of([m.value() for m in read_all(stack.settings, SALES.name)]) == ["good-0", "good-1", "late-0"]


async def until_all_is_read(worker: Worker, partition: TP) -> None:
    """Wait until the worker has read all that is readable: with a rest it would end itself as stalled."""
    consumer = worker.app.consumer
    while True:
        position, end = await consumer.position(partition), consumer.highwater(partition)
        if position is not None and end is not None and position >= end:
            return
        await asyncio.sleep(0.1)
