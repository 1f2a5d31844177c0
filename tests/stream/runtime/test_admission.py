"""Tests of records that are dropped before delivery: exact offsets for the commit, whatever is delivered and when."""

from __future__ import annotations

import random
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
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
    """Replacement for Faust's consumer: what it fetches, and what it may commit."""

    def __init__(self, fetches: list[list[int]]) -> None:
        self.fetches, self.gaps, self.seeks = fetches, 0, 0
        self._acked: defaultdict[Any, list[int]] = defaultdict(list)
        self._acked_index: defaultdict[Any, set[int]] = defaultdict(set)
        self._committed_offset: defaultdict[Any, int | None] = defaultdict(lambda: None)
        self._n_acked = 0

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        records = [
            SimpleNamespace(partition=0, offset=offset, timestamp=0, key=b"", value=b"", headers=())
            for offset in self.fetches.pop(0)
        ]
        return {PARTITION: records}

    async def _add_gap(self, *_: Any) -> None:
        self.gaps += 1

    async def perform_seek(self) -> None:
        self.seeks += 1

    def highwater(self, partition: Any) -> int:
        return 100


async def test_dropped_records_are_committed_behind_delivered_ones() -> None:
    consumer, dropped = FakeConsumer([[0, 1, 2], [5, 6]]), []
    acknowledged = drop_before_delivery(
        consumer,
        {PARTITION.topic: lambda records: [record.offset in {1, 6} for record in records]},
        lambda topic, number: dropped.append((topic, number)),
    )
    fetched = await consumer._getmany({PARTITION}, 1.0)
    assert [record.offset for record in fetched[PARTITION]] == [1]
    assert consumer._acked[PARTITION] == [0], "2 waits for 1"
    await consumer._getmany({PARTITION}, 1.0)
    acknowledged(PARTITION, 1)
    assert consumer._acked[PARTITION] == [0, 2, 3, 4, 5], "without a record at 3 and 4, and not behind 6"
    await consumer._add_gap(PARTITION, 2, 5)
    assert (consumer.gaps, dropped) == (0, [(PARTITION.topic, 2), (PARTITION.topic, 1)])


async def test_topic_without_admission_is_left_as_it_is() -> None:
    consumer = FakeConsumer([[0, 1]])
    drop_before_delivery(consumer, {}, lambda *_: None)
    fetched = await consumer._getmany({PARTITION}, 1.0)
    await consumer._add_gap(PARTITION, 2, 5)
    await consumer.perform_seek()
    assert (len(fetched[PARTITION]), dict(consumer._acked)) == (2, {})
    assert (consumer.gaps, consumer.seeks) == (1, 1)
