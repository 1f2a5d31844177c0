"""Producer of events for sources, the console and the command line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message

from schemas.cloudevents import Envelope, Headers
from schemas.errors import PulsoError
from schemas.fields import identifier
from schemas.ids import EventId
from schemas.topic import MEDIA_BYTES, Topic
from stream.runtime.kafka_clients import make_producer
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

Delivered = Callable[[str | None], None]
"""Called from the producer's thread with None, or with the reason why the event did not arrive."""


class NotDeliveredError(PulsoError, RuntimeError):
    """Kafka did not acknowledge an event in time, so the caller must send it again."""


class EventProducer:
    """Sends CloudEvents; safe to share between threads.

    The partitioner is Kafka's murmur2. That of librdkafka differs by default, and then a Faust table and its stream
    would have a key in different partitions.
    """

    def __init__(self, settings: Settings, *, linger_ms: int = 5, timeout_s: float = 60) -> None:
        self._producer = make_producer(
            {
                **settings.librdkafka(),
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": linger_ms,
                "message.max.bytes": MEDIA_BYTES,
                "message.timeout.ms": int(timeout_s * 1000),
                "queue.buffering.max.kbytes": 256 * 1024,
                # Errors only: while the coordinator of a new broker loads, each attempt is a warning.
                "log_level": 3,
            }
        )
        self._timeout_s = timeout_s
        self._failed: list[str] = []
        self._stopping = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer", daemon=True)
        self._poller.start()

    def send(
        self,
        topic: Topic[Any],
        *,
        key: str,
        value: bytes | msgspec.Struct,
        id: str,
        source: str,
        time: datetime,
        content_type: str | None = None,
        delivered: Delivered | None = None,
        damaged: bool = False,
        max_wait_s: float | None = None,
    ) -> None:
        """Queue one event; blocks while the queue is full, so that a fast source waits for Kafka.

        Args:
            topic: topic of the event.
            key: key of the record.
            value: bytes, or a record that is encoded as JSON.
            id: id of the event; the same for every attempt to send it.
            source: its sender, as in the envelope.
            time: time of the event.
            content_type: content type where it is not that of the topic.
            delivered: called when the event has arrived, or has not.
            damaged: whether parts of a picture got lost on its way.
            max_wait_s: longest time to wait for space in the queue, seconds; None: the producer's own time-out.

        Raises:
            NotDeliveredError: The queue stayed full for the whole time-out.
        """
        envelope = Envelope(
            EventId(identifier(id)),
            topic.event_type,
            source,
            time,
            content_type or topic.content_type,
            datetime.now(UTC),
            damaged,
        )
        payload = value if isinstance(value, bytes) else msgspec.json.encode(value)
        self.send_raw(
            topic.name,
            key=key.encode(),
            value=payload,
            headers=envelope.headers(),
            delivered=delivered,
            max_wait_s=max_wait_s,
        )

    def send_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        delivered: Delivered | None = None,
        max_wait_s: float | None = None,
    ) -> None:
        """Queue a record as it is: for replayed dead letters and for tests of invalid input."""
        longest = self._timeout_s if max_wait_s is None else max_wait_s

        def report(error: KafkaError | None, _message: Message) -> None:
            reason = error.str() if error is not None else None
            if delivered is not None:
                delivered(reason)
            elif reason is not None:
                self._failed.append(f"{topic}: {reason}")

        waited = 0.0
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=list(headers), on_delivery=report)
            except BufferError:
                if waited >= longest:
                    raise NotDeliveredError(f"{topic}: Kafka accepted nothing for {waited:.0f} s") from None
                self._stopping.wait(0.05)
                waited += 0.05
            except KafkaException as error:  # larger than the limit, for example
                raise NotDeliveredError(f"{topic}: {error}") from error
            else:
                return

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until everything sent so far has arrived.

        Raises:
            NotDeliveredError: An event without a callback did not arrive, or the time is over.
        """
        left: int = self._producer.flush(timeout_s or self._timeout_s)
        if left or self._failed:
            failed, self._failed = self._failed, []
            raise NotDeliveredError("; ".join([*failed[:3], f"{len(failed)} failed, {left} still waiting"]))

    def close(self) -> None:
        """Flush and stop.

        Raises:
            NotDeliveredError: As for `flush`.
        """
        try:
            self.flush()
        finally:
            self._stopping.set()
            self._poller.join(timeout=2)
            # Events that did not arrive were reported; with them the client would try to connect for ever.
            self._producer.purge()
            self._producer.close()

    def __enter__(self) -> EventProducer:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            try:
                self._producer.poll(0.1)
            except Exception:
                # One caller's callback failed. Without this thread no other event would be reported as delivered.
                log.exception("the callback of a delivered event failed")


@lru_cache(maxsize=4096)
def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key by Kafka's own partitioner.

    >>> partition_of("north", 4)
    2
    """
    from aiokafka.partitioner import murmur2  # noqa: PLC0415 - it imports the whole client

    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
