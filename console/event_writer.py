"""Records of what people do on pages, written to Kafka and acknowledged by the broker."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import msgspec

from schemas.topic import Topic
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings

DELIVERY_SECONDS = 10


class EventWriter:
    """Kafka producer that waits for the acknowledgement of each record; it connects with the first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: EventProducer | None = None

    async def send(
        self, topic: Topic[Any], *, key: str, record: msgspec.Struct, id: str, by: str, time: datetime
    ) -> None:
        """Write one record.

        Raises:
            NotDeliveredError: Kafka did not take it in time. It may still arrive: send it again under the same id.
        """
        if self._producer is None:
            self._producer = EventProducer(self._settings, linger_ms=0, timeout_s=DELIVERY_SECONDS)
        loop = asyncio.get_running_loop()
        acknowledgement: asyncio.Future[str | None] = loop.create_future()

        def settle(reason: str | None) -> None:
            if not acknowledgement.done():
                acknowledgement.set_result(reason)

        def delivered(reason: str | None) -> None:  # called by the producer's thread
            loop.call_soon_threadsafe(settle, reason)

        self._producer.send(
            topic,
            key=key,
            value=record,
            id=id,
            source=f"console/{by}",
            time=time,
            delivered=delivered,
        )
        if (reason := await acknowledgement) is not None:
            raise NotDeliveredError(f"{topic.name}: {reason}")

    async def close(self) -> None:
        """Flush and stop."""
        if self._producer is not None:
            await asyncio.to_thread(self._producer.close)
