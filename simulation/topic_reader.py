"""Reads topics from an offset on, in a thread of its own, outside any consumer group: for what watches and counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.cloudevents import Envelope
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import ends

Offsets = Mapping[str, Mapping[int, int]]
"""an offset for each topic and partition"""


def offsets(settings: Settings, topics: Iterable[str]) -> dict[str, dict[int, int]]:
    """The next offset of every partition of the topics.

    Raises:
        LookupError: a topic doesn't exist.
        KafkaException: the broker can't be reached.
    """
    consumer = _consumer(settings)
    try:
        return {name: {part: end for part, (_, end) in ends(consumer, name).items()} for name in topics}
    finally:
        consumer.close()


def delay_of(envelope: Envelope, message: Message) -> float:
    """Seconds from the source handing an event over to Kafka taking its result."""
    _, written = message.timestamp()
    return max(0.0, written / 1000 - envelope.received.timestamp())


class TopicReader:
    """A context manager that hands over each record as it comes.

    Args:
        start: where to begin; only these partitions are read.
        take: called in the reader's thread.
    """

    def __init__(self, settings: Settings, start: Offsets, take: Callable[[Message], None]) -> None:
        self.error = ""
        self._settings = settings
        self._start = start
        self._take = take
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
                        self._take(message)
        except KafkaException as error:
            self.error = str(error)
        finally:
            consumer.close()


def _consumer(settings: Settings) -> Consumer:
    return Consumer(
        {
            **settings.librdkafka(),
            "group.id": "pulso-watching",  # required by the client; nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
