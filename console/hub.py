"""Hands what is new to every open page that asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

WAITING = 500
"""Things that may wait for one page. A page that is slower than that is cut; it catches up when it comes back."""


class Listener:
    """One open page."""

    def __init__(self, channels: Iterable[str]) -> None:
        self.channels = frozenset(channels)
        self._queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue(WAITING)
        self.too_slow = False

    def put(self, channel: str, what: Any) -> None:
        """Add something, or note that the page can't keep up."""
        try:
            self._queue.put_nowait((channel, what))
        except asyncio.QueueFull:
            self.too_slow = True

    async def get(self, seconds: float) -> tuple[str, Any] | None:
        """What is next, or None when nothing came for so long."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            return await asyncio.wait_for(self._queue.get(), seconds)
        except TimeoutError:
            return None


class Hub:
    """Channels and who listens to them; one event loop, so nothing is locked.

    >>> hub = Hub()
    >>> with hub.listen(["zones"]) as page:
    ...     hub.publish("zones", b"3 people")
    ...     asyncio.run(page.get(1))
    ('zones', b'3 people')
    >>> hub.has("zones")
    False
    """

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}

    @contextmanager
    def listen(self, channels: Iterable[str]) -> Iterator[Listener]:
        """Listen until the end of the block."""
        listener = Listener(channels)
        for channel in listener.channels:
            self._listeners.setdefault(channel, set()).add(listener)
        try:
            yield listener
        finally:
            for channel in listener.channels:
                others = self._listeners[channel]
                others.discard(listener)
                if not others:
                    del self._listeners[channel]

    def has(self, channel: str) -> bool:
        """Whether anybody listens."""
        return channel in self._listeners

    def publish(self, channel: str, what: Any) -> None:
        """Hand something to all who listen now."""
        for listener in self._listeners.get(channel, ()):
            listener.put(channel, what)
