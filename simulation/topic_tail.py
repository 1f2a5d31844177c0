"""Reading of topics from given offsets on, in a separate thread and outside any consumer group, for monitoring."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.cloudevents import Envelope
from stream.runtime.kafka_clients import make_consumer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import ends

Offsets = Mapping[str, Mapping[int, int]]
"""Offset by topic and partition."""


def end_offsets(settings: Settings, topics: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return the next offset of every partition of the topics.

    Raises:
        LookupError: a topic does not exist.
        KafkaException: the broker cannot be reached.
    """
    consumer = _consumer(settings)
    try:
        return {name: {part: end for part, (_, end) in ends(consumer, name).items()} for name in topics}
    finally:
        consumer.close()


def result_delay(envelope: Envelope, message: Message) -> float:
    """Return the seconds from the source handing over an event until Kafka stored its result."""
    _, written = message.timestamp()
    return max(0.0, written / 1000 - envelope.received.timestamp())


class TopicTail:
    """Context manager that passes each new record to a callback.

    Args:
        start: offsets to begin at; only these partitions are read.
        on_message: called for every record, in the reader's thread.
    """

    def __init__(self, settings: Settings, start: Offsets, on_message: Callable[[Message], None]) -> None:
        self.error = ""
        self._settings = settings
        self._start = start
        self._on_message = on_message
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="topics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _read(self) -> None:
        consumer = _consumer(self._settings)
        try:
            consumer.assign(
                [TopicPartition(name, part, at) for name, parts in self._start.items() for part, at in parts.items()]
            )
            while not self._stop.is_set():
                for message in consumer.consume(200, timeout=0.3):
                    if message.error() is not None:
                        self.error = str(message.error())
                    else:
                        self._on_message(message)
        except KafkaException as error:
            self.error = str(error)
        finally:
            consumer.close()


def _consumer(settings: Settings) -> Consumer:
    return make_consumer(
        {
            **settings.librdkafka(),
            "group.id": "pulso-watching",  # required by the client; nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
