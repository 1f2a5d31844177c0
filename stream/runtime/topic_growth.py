"""Growth of topics that exist: more partitions, with the rows of their tables moved to the partitions of their keys.

More partitions move keys: a record of a key is then in another partition than those before, and its state row must go
there, too. Three kinds of topics can't grow once they hold something:

* compacted topics: the old record of a key would stay in its old partition for ever, beside the new one;
* topics whose table remembers offsets (`StateTopics.keeps_offsets`): the row's offset is of the old partition, so the
  first records of the new one would count as applied, and would be missing;
* topics with one partition, whose agents work through all records in one order.

What waits unread in an old partition, and what producers still write there until they have seen the growth, is passed
on to the partition of its key by the worker that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from schemas.errors import PulsoError
from stream.features import clients, registry
from stream.runtime.kafka_clients import make_admin, make_consumer, make_producer
from stream.runtime.producer import partition_of
from stream.runtime.retries import poller
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import ends, read_all

TIMEOUT_SECONDS = 60.0


class TopicGrowthError(PulsoError):
    """Topics can't grow as set. The message says which, and why."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Result of growing topics.

    Attributes:
        partitions: new number of partitions of each topic and changelog that grew.
        rows_moved: number of state rows that went to another partition.
    """

    partitions: Mapping[str, int]
    rows_moved: int


def grow_topics(settings: Settings, counts: Mapping[str, int]) -> Growth:
    """Give every topic and changelog the partitions that are set; run again after a failure, it goes on.

    Args:
        counts: partitions of every topic and changelog, of `set_partitions`.

    Raises:
        TopicGrowthError: A topic can't grow, or a worker that reads it is running. Nothing was changed.
        KafkaException: The brokers refuse, or can't be reached.
    """
    admin = make_admin(settings.librdkafka())
    there = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=TIMEOUT_SECONDS).topics.items()}
    grown = {name: number for name, number in counts.items() if name in there and number != there[name]}
    movable = [name for name, table in clients.changelogs().items() if not table.keeps_offsets and name in there]
    refusals = [*_refusals(settings, grown, there), *_running(admin, grown, movable)]
    if refusals:
        raise TopicGrowthError("nothing was changed: " + "; ".join(refusals))
    if grown:
        wanted = [NewPartitions(name, number) for name, number in sorted(grown.items())]
        for future in admin.create_partitions(wanted, request_timeout=TIMEOUT_SECONDS).values():
            future.result()
    moved = sum(_move_rows(settings, admin, name, counts[name]) for name in movable)
    return Growth(grown, moved)


def _refusals(settings: Settings, grown: Mapping[str, int], there: Mapping[str, int]) -> list[str]:
    """Return a sentence for each topic that can't have the partitions that are set."""
    topics = registry.topics_by_name()
    found = [
        f"{name} has {there[name]} partitions, and Kafka takes none away: set {there[name]} or more"
        for name, number in grown.items()
        if number < there[name]
    ]
    found += [
        f"{name} keeps the last record of each key, which would stay in its old partition for ever"
        for name in grown
        if name in topics and topics[name].compacted and _has_records(settings, name)
    ]
    for changelog, table in clients.changelogs().items():
        names = [topic.name for topic in table.topics]
        if not table.keeps_offsets or not grown.keys() & {changelog, *names}:
            continue
        if any(_has_records(settings, name) for name in (changelog, *names) if name in there):
            found.append(
                f"the state rows of {' and '.join(names)} remember offsets of their partitions, so these topics can "
                "grow only before their first record"
            )
    return found


def _running(admin: AdminClient, grown: Iterable[str], movable: Iterable[str]) -> list[str]:
    """Return a sentence for each running worker that reads a topic that grows, or whose rows may move."""
    changed = {*grown, *movable}
    workers = [
        worker
        for worker in registry.workers()
        if changed & {topic.name for topic in clients.consumed_by(worker)}
        or changed & {clients.changelog_of(worker, table.table) for table in clients.tables_of(worker)}
    ]
    if not workers:
        return []
    futures = admin.describe_consumer_groups(
        [clients.group_of(worker) for worker in workers], request_timeout=TIMEOUT_SECONDS
    )
    found = []
    for worker in workers:
        try:
            state = futures[clients.group_of(worker)].result().state
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                continue
            raise
        if state not in (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD):
            found.append(f"the worker {worker} is running: stop all processes of it first")
    return found


def _has_records(settings: Settings, topic: str) -> bool:
    consumer = make_consumer({**settings.librdkafka(), "group.id": clients.READING_GROUP})
    try:
        return any(end > first for first, end in ends(consumer, topic).values())
    finally:
        consumer.close()


def _move_rows(settings: Settings, admin: AdminClient, changelog: str, count: int) -> int:
    """Write every row of a changelog to the partition of its key, if one is elsewhere; return the number of those.

    What was there before is deleted then, and not marked as removed: a worker that owns both partitions reads them in
    any order into one table, and the mark in the old partition would remove the row of the new one.

    After a failure in between, rows are in both places: then the one in the right partition counts.
    """
    rows: dict[tuple[bytes, int], bytes | None] = {}
    before: dict[int, int] = {}
    for message in read_all(settings, changelog):
        key, partition = message.key(), message.partition() or 0
        before[partition] = (message.offset() or 0) + 1
        if isinstance(key, bytes):
            rows[key, partition] = message.value()
    live = {at: row for at, row in rows.items() if row is not None}
    targets = {key: partition_of(key.decode(), count) for key, _ in live}
    misplaced = [at for at in live if at[1] != targets[at[0]]]
    if not misplaced:
        return 0
    poller(timeout_s=TIMEOUT_SECONDS)(LookupError, _require_partitions, admin, changelog, count)
    producer = make_producer({**settings.librdkafka(), "enable.idempotence": True})
    failed: list[KafkaError] = []
    for (key, partition), row in live.items():
        if partition == targets[key] or (key, targets[key]) not in live:
            producer.produce(
                changelog, key=key, value=row, partition=targets[key],
                on_delivery=lambda error, _message: failed.append(error) if error is not None else None,
            )  # fmt: skip
    if producer.flush(TIMEOUT_SECONDS) or failed:
        raise TopicGrowthError(f"rows of {changelog} did not reach Kafka, and none was deleted; run the command again")
    _delete_records(admin, changelog, before)
    return len(misplaced)


def _require_partitions(admin: AdminClient, topic: str, count: int) -> None:
    """Raise a LookupError until the brokers tell of all partitions: those that were created just now may follow."""
    known = len(admin.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic].partitions)
    if known < count:
        raise LookupError(f"{topic} has {known} of {count} partitions")


def _delete_records(admin: AdminClient, topic: str, before: Mapping[int, int]) -> None:
    """Delete the records of a compacted topic before an offset in each partition.

    Kafka deletes records only where the policy of a topic allows it; without an age, nothing else is deleted meanwhile.
    """
    _set_config(admin, topic, {"retention.ms": "-1", "cleanup.policy": "compact,delete"})
    try:
        offsets = [TopicPartition(topic, partition, offset) for partition, offset in before.items()]
        for future in admin.delete_records(offsets, request_timeout=TIMEOUT_SECONDS).values():
            future.result()
    finally:
        _set_config(admin, topic, {"cleanup.policy": "compact"})


def _set_config(admin: AdminClient, topic: str, config: Mapping[str, str]) -> None:
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource], request_timeout=TIMEOUT_SECONDS).values():
        future.result()
