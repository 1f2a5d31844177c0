"""Read a topic from its beginning or an offset to its present end, without a consumer group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.cloudevents import Headers
from schemas.errors import PulsoError
from stream.runtime.kafka_clients import make_consumer
from stream.runtime.retries import poller
from stream.runtime.settings import Settings


class MissingTopicError(PulsoError, LookupError):
    """Kafka does not have a topic. The message says how to create it."""


_NO_LEADER_YET = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}


def headers_of(message: Message) -> Headers:
    """Return the headers of a record as pairs of name and bytes; a header without a value is empty."""
    pairs: Any = message.headers() or []
    return [(name, value or b"") for name, value in pairs]


def ends(consumer: Consumer, topic: str, timeout_s: float = 10) -> dict[int, tuple[int, int]]:
    """Return the first and the next offset of each partition.

    Raises:
        MissingTopicError: Kafka does not have the topic.
    """
    metadata = consumer.list_topics(topic, timeout=timeout_s).topics[topic]
    if metadata.error is not None or not metadata.partitions:
        raise MissingTopicError(
            f"Kafka has no topic {topic}; `pulso up` creates the topics, and `pulso topics --create` on other brokers"
        )
    return {
        partition: _ends(consumer, TopicPartition(topic, partition), timeout_s)
        for partition in sorted(metadata.partitions)
    }


def _ends(consumer: Consumer, partition: TopicPartition, timeout_s: float) -> tuple[int, int]:
    """Return first and next offset; a partition that was created or moved just now has no leader yet."""
    return poller(timeout_s=timeout_s)(_has_no_leader_yet, consumer.get_watermark_offsets, partition, timeout=timeout_s)


def _has_no_leader_yet(error: Exception) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _NO_LEADER_YET


def read_all(
    settings: Settings, topic: str, *, start: Mapping[int, int] | None = None, timeout_s: float = 15
) -> Iterator[Message]:
    """Yield every record of a topic up to its end at the time of the call, partition by partition in order.

    Args:
        settings: connection settings.
        topic: name of the topic.
        start: partition → offset to begin at; the beginning where it has none.
        timeout_s: longest wait for the next record.

    Raises:
        MissingTopicError: Kafka does not have the topic.
        TimeoutError: The broker sends nothing for `timeout_s`.
        KafkaException: The broker answers with an error.
    """
    consumer = make_consumer(
        {
            **settings.librdkafka(),
            "group.id": "pulso-reading",  # required by the client; nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        for partition, (first, end) in ends(consumer, topic).items():
            begin = max(first, (start or {}).get(partition, first))
            if begin >= end:
                continue
            consumer.assign([TopicPartition(topic, partition, begin)])
            while True:
                message = consumer.poll(timeout_s)
                if message is None:
                    # Compaction leaves gaps: the position says whether the end was reached.
                    if consumer.position([TopicPartition(topic, partition)])[0].offset >= end:
                        break
                    raise TimeoutError(f"{topic}[{partition}]: nothing arrived for {timeout_s:.0f} s")
                error = message.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    break  # also before the end, where a transaction is open or was aborted
                if error is not None:
                    raise KafkaException(error)
                if (message.offset() or 0) < end:
                    yield message
                if (message.offset() or 0) >= end - 1:
                    break
    finally:
        consumer.close()
