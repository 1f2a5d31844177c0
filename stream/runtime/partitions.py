"""Number of partitions of each topic: the feature's default, the venue file's, then that of PULSO_PARTITIONS."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from schemas.errors import PulsoError
from schemas.topic import Topic
from schemas.venue import Venue
from stream.runtime.settings import Settings

MAX_PARTITIONS = 1_000
"""Largest number that is accepted; each partition of a topic costs the brokers files and memory."""


class PartitionSettingsError(PulsoError, ValueError):
    """A setting of partitions can't be used. The message says which and why."""


def parse_partitions(text: str) -> dict[str, int]:
    """Return the partitions of topics from the text of a setting.

    >>> parse_partitions("camera.frames=12, pos.sales=8")
    {'camera.frames': 12, 'pos.sales': 8}

    Raises:
        PartitionSettingsError: it has another form.
    """
    found: dict[str, int] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, equals, number = (one.strip() for one in part.partition("="))
        if not (name and equals and number.isdecimal()):
            raise PartitionSettingsError(f"{part!r} is not TOPIC=NUMBER, such as camera.frames=12")
        if name in found:
            raise PartitionSettingsError(f"topic {name} is given twice; keep one")
        found[name] = int(number)
    return found


def partition_counts(*chosen: Mapping[str, int]) -> dict[str, int]:
    """Return the partitions of every topic, without dead-letter topics, and of every changelog.

    Topics that change the same table of state rows have the same partitions: choosing one chooses them all.

    Args:
        chosen: partitions by topic; a later mapping replaces an earlier one.

    Raises:
        PartitionSettingsError: a topic is unknown, can't have this number, or belongs to one with another.
    """
    from stream.features import clients, registry  # noqa: PLC0415 - the registry imports this package

    topics = registry.topics_by_name()
    counts = {name: topic.partitions for name, topic in topics.items()}
    groups = {topic.name: _kept_together(topic) for topic in topics.values()}
    for mapping in chosen:
        by_group: dict[frozenset[str], tuple[str, int]] = {}
        for name, number in mapping.items():
            if name not in topics:
                raise PartitionSettingsError(f"no topic is named {name!r}; `pulso topics` lists them")
            _check(topics[name], number)
            first, other = by_group.setdefault(groups[name], (name, number))
            if other != number:
                raise PartitionSettingsError(
                    f"{first} has {other} partitions and {name} {number}, but both change the same state: give both "
                    "the same number"
                )
            counts |= dict.fromkeys(groups[name], number)
    return counts | {name: counts[table.topics[0].name] for name, table in clients.changelogs().items()}


def set_partitions(settings: Settings, venue: Venue) -> dict[str, int]:
    """Return the partitions of every topic and changelog as the venue file and the environment set them.

    Raises:
        PartitionSettingsError: as of `partition_counts`.
    """
    return partition_counts(venue.partitions, parse_partitions(settings.partitions))


def single_partition_reason(topic: Topic[Any]) -> str | None:
    """Return the reason why a topic must keep its one partition; None where it may have more."""
    if topic.partitions == 1:
        return f"the records of {topic.name} are worked through in one order, by one process"
    return None


def _check(topic: Topic[Any], number: int) -> None:
    if not 1 <= number <= MAX_PARTITIONS:
        raise PartitionSettingsError(f"{topic.name}: {number} is not between 1 and {MAX_PARTITIONS} partitions")
    reason = single_partition_reason(topic)
    if reason is not None and number != 1:
        raise PartitionSettingsError(f"{topic.name} must have one partition: {reason}")


@cache
def _kept_together(topic: Topic[Any]) -> frozenset[str]:
    """Return the topics that share a table with this one, and itself."""
    from stream.features import clients  # noqa: PLC0415

    shared = {one.name for table in clients.changelogs().values() if topic in table.topics for one in table.topics}
    return frozenset(shared | {topic.name})
