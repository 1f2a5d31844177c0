"""Broadcast topics: every process reads all partitions for itself, without a consumer group, and commits nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError

from schemas.topic import Topic
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0

AddRecord = Callable[[str, bytes | None, int], None]
"""Receives topic, value and Kafka timestamp (ms) of one record; must ignore what can't be decoded."""


async def subscribe(
    settings: Settings,
    replay_records: Mapping[Topic[Any], int],
    add_record: AddRecord,
    *,
    after_batch: Callable[[], None] = lambda: None,
    caught_up: asyncio.Event | None = None,
) -> None:
    """Read topics until cancelled; after a failure the replay is repeated.

    So `add_record` must accept repeated records.

    Args:
        replay_records: number of records of each partition, before its end, that are read at the start.
        after_batch: called when a batch of records was added.
        caught_up: set once all records were added that the topics held at the start.
    """
    caught_up = caught_up or asyncio.Event()
    names = ", ".join(topic.name for topic in replay_records)
    while True:
        try:
            await _read(
                settings,
                {topic.name: number for topic, number in replay_records.items()},
                add_record,
                after_batch,
                caught_up,
            )
        except (KafkaError, OSError) as error:
            log.warning("%s can't be read: %s; trying again in %.0f s", names, error, RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)


async def _read(
    settings: Settings,
    replay_records: Mapping[str, int],
    add_record: AddRecord,
    after_batch: Callable[[], None],
    caught_up: asyncio.Event,
) -> None:
    consumer = aiokafka.AIOKafkaConsumer(
        *replay_records,
        **connection(settings),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        partitions = sorted(consumer.assignment())  # all of them: without a consumer group
        if {partition.topic for partition in partitions} != replay_records.keys():
            raise KafkaError("not every topic is there yet")
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, max(begins[partition], ends[partition] - replay_records[partition.topic]))
        while True:
            if not caught_up.is_set() and all(
                [await consumer.position(partition) >= ends[partition] for partition in partitions]
            ):
                caught_up.set()
            batch = await consumer.getmany(timeout_ms=500)
            for partition, records in batch.items():
                for record in records:
                    add_record(partition.topic, record.value, record.timestamp)
            if batch:
                after_batch()
    finally:
        await consumer.stop()


def connection(settings: Settings) -> Mapping[str, Any]:
    """Return the connection settings for aiokafka."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka,
        "security_protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        options["ssl_context"] = settings.ssl_context()
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": password,
        }
    return options
