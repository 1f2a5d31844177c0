"""Tests of records that are dropped before delivery: exact offsets for the commit, whatever is delivered and when."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Container
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.consumer import Consumer
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from stream.runtime.admission import DroppedOffsets
from stream.runtime.faust_patches import drop_before_delivery

PARTITION = TP("camera.frames", 0)


@pytest.mark.parametrize("seed", range(20))
def test_dropped_offsets_are_never_released_before_delivered_ones(seed: int) -> None:
    offsets, choice = DroppedOffsets(), random.Random(seed)
    delivered: list[int] = []
    released: list[int] = []
    acknowledged = dropped = 0
    for offset in range(200):
        is_delivered = choice.random() < 0.3
        released += offsets.add("p", offset, delivered=is_delivered)
        if is_delivered:
            delivered.append(offset)
        else:
            dropped += 1
        while acknowledged < len(delivered) and choice.random() < 0.5:
            released += offsets.acknowledge("p", delivered[acknowledged])
            acknowledged += 1
        waiting = delivered[acknowledged] if acknowledged < len(delivered) else offset + 1
        assert all(one < waiting for one in released)
    if delivered[acknowledged:]:
        released += offsets.acknowledge("p", delivered[-1])
    assert released == sorted(released)
    assert len(released) == dropped


def test_offsets_read_again_after_rewind_are_released_again() -> None:
    offsets = DroppedOffsets()
    offsets.add("p", 5, delivered=True)
    offsets.add("p", 6, delivered=False)
    assert offsets.add("p", 4, delivered=False) == [4], "the delivered record 5 will be read and acknowledged again"


class FakeConsumer:
    """Replacement for Faust's consumer of one partition: what it fetches, and what Faust would commit."""

    flow_active = True

    def __init__(self, fetches: list[list[int]], committed: int | None = None) -> None:
        self.fetches, self.gaps, self.seeks, self.committed = fetches, 0, 0, committed
        self.sought: list[dict[TP, int]] = []
        self.during_fetch: Callable[[], Awaitable[None]] | None = None
        self._acked: defaultdict[TP, list[int]] = defaultdict(list)
        self._acked_index: defaultdict[TP, set[int]] = defaultdict(set)
        self._committed_offset: defaultdict[TP, int | None] = defaultdict(lambda: committed)
        self._read_offset: dict[TP, int | None] = {PARTITION: committed}
        self._gap: dict[TP, None] = {PARTITION: None}
        self._active_partitions, self._buffered_partitions = {PARTITION}, set[TP]()
        self._n_acked = 0

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        records = [
            SimpleNamespace(partition=0, offset=offset, timestamp=0, key=b"", value=b"", headers=())
            for offset in self.fetches.pop(0)
        ]
        if self.during_fetch is not None:
            await self.during_fetch()
        return {PARTITION: records}

    async def _add_gap(self, *_: Any) -> None:
        self.gaps += 1

    async def perform_seek(self) -> None:
        self.seeks += 1
        self._committed_offset[PARTITION] = self._read_offset[PARTITION] = self.committed

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        self.sought.append(offsets)

    def assignment(self) -> set[TP]:
        return {PARTITION}

    def highwater(self, partition: Any) -> int:
        return 100

    def acknowledge(self, offset: int) -> None:
        """Acknowledge a delivered record, as Faust's `ack` does."""
        if offset >= (self._committed_offset[PARTITION] or 0) and offset not in self._acked_index[PARTITION]:
            self._acked_index[PARTITION].add(offset)
            self._acked[PARTITION].append(offset)

    def commit(self) -> int | None:
        """Commit what Faust would commit now; return what is committed."""
        faust_consumer: Any = Consumer
        offset = faust_consumer._new_offset(self, PARTITION)
        if offset is not None and faust_consumer._should_commit(self, PARTITION, offset):
            self.committed = self._committed_offset[PARTITION] = offset
        return self.committed


def dropping(consumer: FakeConsumer, delivered: Container[int] = ()) -> Callable[[Any, int], None]:
    """Drop all records but those with some offsets."""
    return drop_before_delivery(
        consumer,
        {PARTITION.topic: lambda records: [record.offset in delivered for record in records]},
        lambda *_: None,
    )


async def fetched_offsets(consumer: FakeConsumer) -> list[int]:
    """Fetch once; return the offsets that Faust would deliver."""
    fetched = await consumer._getmany({PARTITION}, 1.0)
    index = DefaultSchedulingStrategy.map_from_records(fetched)
    return [record.offset for buffer in index.values() for _, record in buffer]


async def test_dropped_records_are_committed_behind_delivered_ones() -> None:
    consumer, dropped = FakeConsumer([[0, 1, 2], [5, 6]]), []
    acknowledged = drop_before_delivery(
        consumer,
        {PARTITION.topic: lambda records: [record.offset in {1, 6} for record in records]},
        lambda topic, number: dropped.append((topic, number)),
    )
    assert await fetched_offsets(consumer) == [1]
    assert consumer._acked[PARTITION] == [0], "2 waits for 1"
    await fetched_offsets(consumer)
    acknowledged(PARTITION, 1)
    assert consumer._acked[PARTITION] == [0, 2, 3, 4, 5], "without a record at 3 and 4, and not behind 6"
    await consumer._add_gap(PARTITION, 2, 5)
    assert (consumer.gaps, dropped) == (0, [(PARTITION.topic, 2), (PARTITION.topic, 1)])


async def test_commits_go_on_while_everything_is_dropped() -> None:
    consumer = FakeConsumer([[0, 1, 2], [3, 4]])
    dropping(consumer)
    assert await fetched_offsets(consumer) == []
    assert consumer.commit() == 3
    await fetched_offsets(consumer)
    assert consumer.commit() == 5


@pytest.mark.parametrize("first", [31, 32, 5_000_000])
async def test_commits_go_on_behind_deleted_records(first: int) -> None:
    consumer = FakeConsumer([[first, first + 1, first + 2]], committed=31)
    acknowledged = dropping(consumer, {first})
    assert await fetched_offsets(consumer) == [first]
    consumer.commit()
    assert consumer.committed == 31, "what was delivered is not acknowledged yet"
    consumer.acknowledge(first)
    acknowledged(PARTITION, first)
    assert consumer.commit() == first + 3


async def test_fetch_that_faust_discards_is_not_judged() -> None:
    changes: list[dict[str, object]] = [{"flow_active": False}, {"_active_partitions": set()}]
    for change in changes:
        consumer = FakeConsumer([[0, 1]])
        dropping(consumer)
        vars(consumer).update(change)
        await consumer._getmany({PARTITION}, 1.0)
        assert not consumer._acked[PARTITION], change


async def test_fetch_during_seek_is_read_again() -> None:
    consumer = FakeConsumer([[200, 201], [100, 101]], committed=100)
    dropping(consumer)
    consumer.during_fetch = consumer.perform_seek
    assert await fetched_offsets(consumer) == []
    assert (consumer.sought, consumer.commit()) == ([{PARTITION: 100}], 100)
    consumer.during_fetch = None
    await fetched_offsets(consumer)
    assert consumer.commit() == 102


async def test_acknowledgements_from_before_seek_are_forgotten() -> None:
    consumer = FakeConsumer([[100, 101, 102], [100], [101, 102]], committed=100)
    acknowledged = dropping(consumer, {101})
    await fetched_offsets(consumer)
    await consumer.perform_seek()
    assert consumer.commit() == 100
    await fetched_offsets(consumer)
    assert consumer.commit() == 101
    await fetched_offsets(consumer)
    assert consumer.commit() == 101
    consumer.acknowledge(101)
    acknowledged(PARTITION, 101)
    assert consumer.commit() == 103


@pytest.mark.parametrize("seed", range(20))
async def test_nothing_is_committed_that_was_neither_dropped_nor_worked_on(seed: int) -> None:
    choice = random.Random(seed)
    present = sorted(choice.sample(range(400), 300))
    delivered = {offset for offset in present if choice.random() < 0.4}
    consumer = FakeConsumer([])
    finished: set[int] = set()
    acknowledged = drop_before_delivery(
        consumer,
        {PARTITION.topic: lambda records: [record.offset in delivered for record in records]},
        lambda *_: None,
    )
    queue: deque[int] = deque()
    position = 0
    while consumer.committed != present[-1] + 1:
        match choice.choice(["fetch", "work", "work", "commit", "seek"]):
            case "fetch" if position < len(present):
                number = choice.randint(1, 40)
                fetched = present[position : position + number]
                consumer.fetches.append(list(fetched))
                queue += await fetched_offsets(consumer)
                finished |= set(fetched) - delivered
                position += number
            case "work" if queue:
                offset = queue.popleft()
                finished.add(offset)
                consumer.acknowledge(offset)
                acknowledged(PARTITION, offset)
            case "seek" if choice.random() < 0.2:
                await consumer.perform_seek()
                queue.clear()
                position = sum(offset < (consumer.committed or 0) for offset in present)
            case "commit":
                committed = consumer.commit() or 0
                assert all(offset in finished for offset in present if offset < committed)


async def test_topic_without_admission_is_left_as_it_is() -> None:
    consumer = FakeConsumer([[0, 1]])
    drop_before_delivery(consumer, {}, lambda *_: None)
    fetched = await consumer._getmany({PARTITION}, 1.0)
    await consumer._add_gap(PARTITION, 2, 5)
    await consumer.perform_seek()
    assert (len(fetched[PARTITION]), dict(consumer._acked)) == (2, {})
    assert (consumer.gaps, consumer.seeks) == (1, 1)
