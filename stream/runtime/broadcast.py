"""Follow a topic for ever without a consumer group: every process reads all of it, for itself, and commits nothing."""

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

AGAIN_SECONDS = 5.0

EVERYTHING = 2**62
"""How many records back a topic is followed from when all of it counts: it is compacted, or small."""

Take = Callable[[str, bytes | None, int], None]
"""Topic, value and Kafka's time (ms) of one record; what can't be decoded is for the worker that buries it."""


async def follow(
    settings: Settings,
    back: Mapping[Topic[Any], int],
    take: Take,
    *,
    after: Callable[[], None] = lambda: None,
    known: asyncio.Event | None = None,
) -> None:
    """Read for ever; after a failure from as far back again, so `take` must not mind a record that it knows.

    Args:
        back: how many records of each partition, before its present end, are read at the start.
        after: called when a batch of records was taken.
        known: set once everything is taken that was there at the start.
    """
    known = known or asyncio.Event()
    names = ", ".join(topic.name for topic in back)
    while True:
        try:
            await _read(settings, {topic.name: most for topic, most in back.items()}, take, after, known)
        except (KafkaError, OSError) as error:
            log.warning("%s can't be read: %s; trying again in %.0f s", names, error, AGAIN_SECONDS)
            await asyncio.sleep(AGAIN_SECONDS)


async def _read(
    settings: Settings, back: Mapping[str, int], take: Take, after: Callable[[], None], known: asyncio.Event
) -> None:
    consumer = aiokafka.AIOKafkaConsumer(
        *back, **connection(settings), auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = sorted(consumer.assignment())  # all of them: without a group nothing is shared
        if {place.topic for place in places} != back.keys():
            raise KafkaError("not every topic is there yet")
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            consumer.seek(place, max(begins[place], ends[place] - back[place.topic]))
        while True:
            if not known.is_set() and all([await consumer.position(place) >= ends[place] for place in places]):
                known.set()
            found = await consumer.getmany(timeout_ms=500)
            for place, records in found.items():
                for record in records:
                    take(place.topic, record.value, record.timestamp)
            if found:
                after()
    finally:
        await consumer.stop()


def connection(settings: Settings) -> Mapping[str, Any]:
    """Connection settings for aiokafka."""
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
