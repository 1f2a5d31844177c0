"""Micro-batches of a Faust stream, without added delay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from faust.types import EventT, StreamT

FILL_SECONDS = 0.02
"""Longest time that a batch waits to fill while events wait in Kafka."""


async def batches(
    stream: StreamT[Any], max_events: int, is_behind: Callable[[EventT[Any]], bool] = lambda _: False
) -> AsyncIterator[list[EventT[Any]]]:
    """Yield micro-batches: whatever is waiting, at most `max_events`, acknowledged by the caller in order.

    Faust hands events over one at a time, so a reader that keeps up would see batches of one however long the
    backlog is. While `is_behind` reports that Kafka holds more, a batch may fill for up to `FILL_SECONDS`. Faust's own
    `take` waits for its time to pass even when the stream is quiet.
    """
    pending: list[EventT[Any]] = []
    unacked: Any = cast(Any, stream).noack()  # the abstract type hides what every stream has
    queue = unacked.channel.queue
    async for event in unacked.events():
        pending.append(event)
        if len(pending) < max_events and queue.empty() and is_behind(event):
            until = time.monotonic() + FILL_SECONDS
            while queue.qsize() < max_events - len(pending) and time.monotonic() < until:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        if len(pending) < max_events and not queue.empty():
            continue
        ready, pending = pending, []
        yield ready
