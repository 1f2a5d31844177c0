"""Creation of the topics of all features, and correction of their settings and those of the changelogs."""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from schemas.topic import HOUR, Topic
from stream.features import registry
from stream.runtime.kafka_clients import make_admin
from stream.runtime.partitions import set_partitions
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

BROKERS_CLOCK = {"message.timestamp.type": "LogAppendTime"}
"""Records carry the broker's time. With the producer's time, Kafka would refuse records of a clock that is an hour
ahead, and expire those of other skewed clocks too early or too late; the time of an event is in its headers."""

COMPACTION_CONFIG = {"segment.bytes": str(32 * 1024 * 1024), "min.cleanable.dirty.ratio": "0.3"}
"""Kafka compacts closed segments only, of a gigabyte each by default, and a reader reads everything that is there."""

CHANGELOG_CONFIG = {
    **BROKERS_CLOCK,
    # A worker that starts reads the whole changelog. Two hours of mail made one of a gigabyte for one row.
    **COMPACTION_CONFIG,
    "segment.ms": "600000",
}
"""Settings of the topics in which Faust keeps the changelogs of tables."""


SEGMENTS = 24
"""Number of segments of a partition, unless size closes them before: the oldest record is kept 4 % too long."""


def topic_config(topic: Topic[Any]) -> dict[str, str]:
    """Return the settings of one topic in Kafka."""
    return {
        **BROKERS_CLOCK,
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": "-1" if topic.compacted else str(topic.retention_ms),
        "segment.ms": str(_segment_ms(topic)),
        "max.message.bytes": str(topic.max_bytes),
        **(COMPACTION_CONFIG if topic.compacted else {}),
    }


def _segment_ms(topic: Topic[Any]) -> int:
    """Return the time after which a segment is closed.

    Kafka deletes and compacts closed segments only, and keeps the file of each open: with segments of an hour records
    expire in time, but a month of them would be 720 open files for each partition.
    """
    if topic.compacted:
        return HOUR
    return min(topic.retention_ms, max(HOUR, topic.retention_ms // SEGMENTS))


def ensure_topics(settings: Settings, *, timeout_s: float = 30) -> list[str]:
    """Create every topic and its dead-letter topic; return the names of those that are new.

    Topics that exist keep their partitions; `stream.runtime.topic_growth` gives them more.

    Raises:
        PartitionSettingsError: The settings of partitions can't be used.
        KafkaException: The brokers refuse, or can't be reached in time.
    """
    admin = make_admin(settings.librdkafka())
    wanted = [*registry.topics(), *(topic.dead for topic in registry.topics())]
    counts = set_partitions(settings, read_venue(settings.venue))
    replicas = settings.kafka_replication
    new = [
        NewTopic(t.name, counts.get(t.name, t.partitions), replication_factor=replicas, config=topic_config(t))
        for t in wanted
    ]
    created: list[str] = []
    for name, future in admin.create_topics(new, operation_timeout=timeout_s, request_timeout=timeout_s).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    old = [topic for topic in wanted if topic.name not in created]
    resources = [_resource(topic.name, topic_config(topic)) for topic in old]
    resources += [_resource(name, CHANGELOG_CONFIG) for name in _changelogs(admin, timeout_s)]
    if resources:
        for future in admin.incremental_alter_configs(resources, request_timeout=timeout_s).values():
            future.result()
    return created


def _changelogs(admin: AdminClient, timeout_s: float) -> list[str]:
    """Return the changelogs of workers; Faust does not change the settings of a topic that exists."""
    names = admin.list_topics(timeout=timeout_s).topics
    return [name for name in names if name.startswith("pulso-") and name.endswith("-changelog")]


def _resource(topic: str, config: dict[str, str]) -> ConfigResource:
    return ConfigResource(
        ResourceType.TOPIC,
        topic,
        incremental_configs=[
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()
        ],
    )
