"""Distribution of updates to the open pages that subscribe to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

MAX_WAITING_UPDATES = 500
"""Updates that may wait for one page. A slower page is disconnected; it catches up when it is back."""


class Subscription:
    """Updates that wait for one open page."""

    def __init__(self, channels: Iterable[str]) -> None:
        self.channels = frozenset(channels)
        self._queue: asyncio.Queue[tuple[str, object]] = asyncio.Queue(MAX_WAITING_UPDATES)
        self.too_slow = False

    def put(self, channel: str, update: object) -> None:
        """Add an update, or note that the page can't keep up."""
        try:
            self._queue.put_nowait((channel, update))
        except asyncio.QueueFull:
            self.too_slow = True

    async def get(self, seconds: float) -> tuple[str, object] | None:
        """Return the next channel and update, or None if none came for so long."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            return await asyncio.wait_for(self._queue.get(), seconds)
        except TimeoutError:
            return None


class UpdateHub:
    """Channels and the pages that subscribe to them; it belongs to one event loop, so nothing is locked.

    >>> hub = UpdateHub()
    >>> with hub.subscribe(["zones"]) as page:
    ...     hub.publish("zones", b"3 people")
    ...     asyncio.run(page.get(1))
    ('zones', b'3 people')
    >>> hub.has_subscribers("zones")
    False
    """

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[Subscription]] = {}

    @contextmanager
    def subscribe(self, channels: Iterable[str]) -> Iterator[Subscription]:
        """Subscribe until the end of the block."""
        subscription = Subscription(channels)
        for channel in subscription.channels:
            self._subscriptions.setdefault(channel, set()).add(subscription)
        try:
            yield subscription
        finally:
            for channel in subscription.channels:
                others = self._subscriptions[channel]
                others.discard(subscription)
                if not others:
                    del self._subscriptions[channel]

    def has_subscribers(self, channel: str) -> bool:
        """Return true if a page subscribes to the channel."""
        return channel in self._subscriptions

    def publish(self, channel: str, update: object) -> None:
        """Pass an update to all pages that subscribe to the channel now."""
        for subscription in self._subscriptions.get(channel, ()):
            subscription.put(channel, update)
