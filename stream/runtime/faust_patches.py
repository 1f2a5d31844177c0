"""Every patch of Faust in one place, each with its reason and a test in tests/stream/runtime/test_faust_patches.py.

`stream.runtime.faust_app` uses Faust's settings; this module replaces behaviour that has no setting.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import types
from collections.abc import Callable, Coroutine, Generator, Mapping
from signal import Signals
from typing import Any

from mode.services import WaitResults

from stream.runtime.admission import Admit, DroppedOffsets, FetchedRecord

ISOLATION_LEVEL = "read_committed"
"""Isolation level of every consumer: a source may write in transactions, and what it aborts did not happen."""

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 15.0
"""Time for an orderly shutdown: less than the 20 seconds after which the supervisor sends SIGKILL."""


def deliver_without_tasks(consumer: Any) -> None:
    """Deliver a message to a Faust consumer's streams without tasks where the delivery doesn't block.

    For each message Faust awaits `consumer.wait_first(callback(message), suspend_flow.wait())`, which starts four
    tasks, so that a rebalance can cancel a delivery that waits for a full buffer. Nearly all deliveries wait
    for nothing: here the delivery takes its first step outside any task, and only one that then waits is guarded as
    before. This saves the bars worker a third of the processor time of a ticket (`make bench`).
    """
    guarded = consumer.wait_first

    async def wait_first(*waits: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        first, *others = waits
        if not asyncio.iscoroutine(first):
            return await guarded(*waits, timeout=timeout)
        ended = True
        try:
            awaited = first.send(None)
            ended = False
        except StopIteration as done:
            return WaitResults([first], [done.value], False)
        finally:
            if ended:
                for other in filter(asyncio.iscoroutine, others):
                    other.close()
        return await guarded(_rest(first, awaited), *others, timeout=timeout)

    consumer.wait_first = wait_first


async def _rest(begun: Coroutine[Any, Any, Any], awaited: Any) -> Any:
    """Run the rest of a coroutine that took its first step and now waits for `awaited`."""
    return await _steps(begun, awaited)


@types.coroutine
def _steps(begun: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                answer = yield awaited
            except GeneratorExit:
                begun.close()
                raise
            except BaseException as error:  # also a cancellation: the coroutine must see it
                awaited = begun.throw(error)
            else:
                awaited = begun.send(answer)
    except StopIteration as done:
        return done.value


def read_committed_only(consumer: Any) -> None:
    """Let a Faust consumer read no record of a Kafka transaction that was aborted or is still open.

    Faust does so only for an app that is exactly-once itself. Of a partition it then reads up to the last stable
    offset: what lies behind is not there yet, and does not count as waiting.
    """
    thread = consumer._thread
    create = thread._create_worker_consumer

    def create_worker_consumer(transport: Any) -> Any:
        created = create(transport)
        created._isolation_level = ISOLATION_LEVEL
        return created

    def last_stable_offset(partition: Any) -> Any:
        return thread._ensure_consumer().last_stable_offset(partition)

    thread._create_worker_consumer = create_worker_consumer
    thread.highwater = last_stable_offset


def seek_before_delivery(consumer: Any) -> None:
    """Stop a Faust consumer's deliveries while it seeks, so that no event is skipped.

    After a recovery Faust resumes the partitions, seeks, and then empties its queues. What it fetched meanwhile was
    discarded; and the one message that waited for space in a full queue was delivered after the seek, upon which all
    before it were skipped as already read. On a busy machine a restarted worker lost as
    many events as its buffer holds.

    In a partition where nothing was ever committed aiokafka's `seek_to_committed` does not seek: there the first
    events of a topic, fetched and discarded, were missing until the next restart. They are read from the beginning.
    """
    seek = consumer.perform_seek

    async def perform_seek() -> None:
        if consumer.flow_active:
            consumer.stop_flow()  # whoever calls this resumes the flow afterwards
        await seek()
        changelogs = consumer.app.tables.changelog_topics
        new = [tp for tp in consumer.assignment() if tp.topic not in changelogs and not consumer._read_offset.get(tp)]
        if new:
            await consumer.seek_wait(await consumer.earliest_offsets(*new))

    consumer.perform_seek = perform_seek


def drop_before_delivery(
    consumer: Any, admissions: Mapping[str, Admit], dropped: Callable[[str, int], None]
) -> Callable[[Any, int], None]:
    """Let a Faust consumer acknowledge records without a delivery where `admissions` drops them.

    Faust has no filter ahead of its streams, each event of which costs 0.4 ms. The records of a topic in `admissions`
    are judged as they are fetched. Faust commits up to the first offset that is missing among the acknowledged ones,
    and where that is the first of all it does not notice that it is missing; so a dropped record is acknowledged after
    the delivered ones ahead of it, and offsets without a record are treated as dropped ones.

    Args:
        admissions: topic → judgement about the records of one fetch.
        dropped: called with the topic and the number of records dropped.

    Returns:
        Function `(partition, offset)` to be called after the acknowledgement of each delivered record.
    """
    offsets = DroppedOffsets()
    fetch, add_gap, seek = consumer._getmany, consumer._add_gap, consumer.perform_seek
    seeks = 0

    def acknowledge(partition: Any, released: list[int]) -> None:
        committed = consumer._committed_offset[partition] or 0
        index = consumer._acked_index[partition]
        new = [offset for offset in released if offset >= committed and offset not in index]
        index.update(new)
        consumer._acked[partition].extend(new)
        consumer._n_acked += len(new)

    def judge(partition: Any, records: list[Any]) -> list[Any]:
        if (
            offsets.is_new(partition)
            and (consumer._committed_offset[partition] or records[0].offset) < records[0].offset
        ):
            # Kafka has deleted what lies between: Faust would wait for its acknowledgement, and never commit.
            consumer._committed_offset[partition] = records[0].offset
        end = consumer.highwater(partition)
        is_last = end is not None and records[-1].offset + 1 >= end
        judged = admissions[partition.topic](
            [
                FetchedRecord(partition.partition, one.offset, one.timestamp, one.key, one.value, one.headers, is_last)
                for one in records
            ]
        )
        for record, delivered in zip(records, judged, strict=True):
            for offset in offsets.gap(partition, record.offset):
                acknowledge(partition, offsets.add(partition, offset, delivered=False))
            acknowledge(partition, offsets.add(partition, record.offset, delivered=delivered))
        kept = [record for record, delivered in zip(records, judged, strict=True) if delivered]
        dropped(partition.topic, len(records) - len(kept))
        return kept

    async def getmany(active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        seeks_before = seeks
        fetched = await fetch(active_partitions, timeout)
        if not consumer.flow_active:
            return fetched  # Faust discards it, and seeks
        for partition in [partition for partition in fetched or () if partition.topic in admissions]:
            if seeks != seeks_before:
                # It may be from before the seek or from after it, so it is read again.
                del fetched[partition]
                if partition in consumer.assignment():
                    await consumer.seek_wait({partition: consumer._read_offset[partition] or 0})
            elif partition in consumer._active_partitions or partition in consumer._buffered_partitions:
                fetched[partition] = judge(partition, fetched[partition])
        return fetched

    async def add_gap_unless_known(partition: Any, offset_from: int, offset_to: int) -> None:
        if partition.topic not in admissions:
            await add_gap(partition, offset_from, offset_to)

    async def perform_seek() -> None:
        nonlocal seeks
        seeks += 1
        await seek()
        seeks += 1
        offsets.clear()
        for partition in [partition for partition in consumer._acked if partition.topic in admissions]:
            del consumer._acked[partition]  # it lies behind what was committed, and is read again
            consumer._acked_index.pop(partition, None)

    consumer._getmany, consumer._add_gap, consumer.perform_seek = getmany, add_gap_unless_known, perform_seek
    return lambda partition, offset: acknowledge(partition, offsets.acknowledge(partition, offset))


async def ensure_partitions_known(producer: Any, table: Any) -> None:
    """Load the partitions of a table's changelog topic before rows are written.

    A row's partition is looked up when it is written, and aiokafka's client may have dropped the changelog from its
    metadata: it keeps only the topics that it has sent to by name.
    """
    await producer._ensure_producer().partitions_for(table.changelog_topic.get_topic_name())


def install_shutdown_timeout(process: Any, seconds: float = SHUTDOWN_SECONDS) -> None:
    """Limit the time of a Faust worker's orderly shutdown after SIGTERM or Ctrl-C.

    Faust commits, and leaves its group, without any time limit: without a broker it waits forever. Ending it is as
    harmless as a crash: what was not acknowledged is read again.
    """
    stop_on_signal = process._stop_on_signal

    def end() -> None:
        log.warning("not ended %.0f s after the signal: is the broker down? Ending now", seconds)
        logging.shutdown()
        os._exit(1)

    async def stop_with_timeout(signal: Signals) -> None:
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        await stop_on_signal(signal)

    process._stop_on_signal = stop_with_timeout
