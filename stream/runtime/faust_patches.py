"""Every patch of Faust in one place, each with its reason and a test in tests/stream/runtime/test_faust_patches.py.

`stream.runtime.faust_app` uses Faust's settings; this module replaces behaviour that has no setting.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import types
from collections.abc import Coroutine, Generator
from signal import Signals
from typing import Any

from mode.services import WaitResults

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
