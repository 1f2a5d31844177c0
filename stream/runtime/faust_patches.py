"""A shorter way from Faust's consumer to its streams."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any

from mode.services import WaitResults


def deliver_without_tasks(consumer: Any) -> None:
    """Let a Faust consumer hand over a message at once where nothing has to be waited for.

    For each message Faust awaits `consumer.wait_first(callback(message), suspend_flow.wait())`, which starts four
    tasks, so that a rebalance can end a delivery that waits for a full buffer. Nearly all deliveries wait for
    nothing: here the delivery takes its first step outside any task, and only one that then waits is guarded as before.
    A ticket costs the bars worker a third less processor time so (`make bench`).
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
    """What is left of a coroutine that took its first step, and now waits for `awaited`."""
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
            except BaseException as error:  # also a cancellation: it is the coroutine's to see
                awaited = begun.throw(error)
            else:
                awaited = begun.send(answer)
    except StopIteration as done:
        return done.value


def seek_with_nothing_on_its_way(consumer: Any) -> None:
    """Let a Faust consumer deliver nothing while it seeks to the offsets that were committed, and pass over nothing.

    After a recovery Faust resumes the partitions, seeks, and then empties its queues. What it fetched meanwhile was
    thrown away; and the one message that waited for room in a full queue was delivered after the seek, upon which all
    before it were passed over as known. On a busy machine a restarted worker lost as many events as its buffer holds.

    In a partition where nothing was ever committed aiokafka's `seek_to_committed` does not seek: there the first
    events of a topic, fetched and thrown away, were missing until the next restart. They are read from the beginning.
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
