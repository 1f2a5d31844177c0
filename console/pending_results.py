"""Requests that wait for the result of the record that they sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from schemas.ids import EventId

T = TypeVar("T")


class PendingResults(Generic[T]):
    """Futures by the id of the record whose result is awaited."""

    def __init__(self) -> None:
        self._waiting: dict[EventId, asyncio.Future[T]] = {}

    @contextmanager
    def expect(self, record: EventId) -> Iterator[asyncio.Future[T]]:
        """Give a future for the result of a record that will be sent inside the block."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting[record] = future
        try:
            yield future
        finally:
            self._waiting.pop(record, None)

    def settle(self, record: EventId, result: T) -> None:
        """Hand a result to the request that waits for it, from any thread; nothing where none waits."""
        future = self._waiting.get(record)
        if future is not None:
            future.get_loop().call_soon_threadsafe(_settle, future, result)


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
