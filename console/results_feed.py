"""Consumer of results: applies them to the views and sends changed states to the pages.

It has no consumer group and commits nothing: every console reads all of it and, at its start, replays enough of each
topic to show the last hours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from console.channels import Channels
from console.feature import View
from console.update_hub import UpdateHub
from schemas.crowd import CrowdCount
from schemas.topic import Topic
from stream.runtime.broadcast import subscribe
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings

PUBLISH_SECONDS = 1.0
"""Changed states are sent at most so often."""


class ResultsFeed:
    """Reads results into the views and publishes the channels that change.

    Args:
        views: each view with the topics that it reads, and the number of records of each partition to replay.
    """

    def __init__(
        self,
        settings: Settings,
        hub: UpdateHub,
        channels: Channels,
        views: Iterable[tuple[View, Mapping[Topic[Any], int]]],
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._channels = channels
        self.replay: dict[Topic[Any], int] = {}
        """Topics that are read, with the number of records of each partition that are read at the start."""

        self._views: dict[str, list[View]] = {}
        for view, topics in views:
            for topic, records in topics.items():
                self.replay[topic] = max(records, self.replay.get(topic, 0))
                self._views.setdefault(topic.name, []).append(view)
        self._decoders = {topic.name: msgspec.json.Decoder(topic.record) for topic in self.replay}
        self._changed: set[str] = set()
        self.caught_up = asyncio.Event()
        """Set once the views have all that the topics held at the start."""

        self.counted_at: tuple[datetime, float] | None = None
        """Time of the last count of the crowd by its camera's clock, and when it was applied by the monotonic clock."""

    def apply(self, topic: str, value: bytes | None, received_at: int) -> None:
        """Apply one record; one that can't be decoded is for the workers to send to the dead-letter topic.

        Args:
            topic: name of the record's topic.
            value: the record's JSON; None for a tombstone.
            received_at: Kafka's time of the record, in Unix milliseconds.
        """
        record = try_decode_payload(self._decoders[topic], value, topic)
        if record is None:
            return
        if isinstance(record, CrowdCount):
            self.counted_at = record.time, time.monotonic()
        for view in self._views[topic]:
            self._changed |= view.apply(record, received_at)

    async def run(self) -> None:
        """Read for ever."""
        await subscribe(self._settings, self.replay, self.apply, caught_up=self.caught_up)

    async def publish_changes(self) -> None:
        """Send the states of changed channels to the pages that subscribe to them, for ever."""
        while True:
            await asyncio.sleep(PUBLISH_SECONDS)
            changed, self._changed = self._changed, set()
            for channel in changed:
                if self._hub.has_subscribers(channel):
                    self._hub.publish(channel, self._channels.state(channel))
