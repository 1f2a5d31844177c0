"""Clients of Kafka: what each reads and writes, and the least rights that it needs for that.

Kubernetes' users and the check at the start of a worker are both derived from this list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from schemas.topic import Topic
from stream.features import registry
from stream.runtime.feature import Access, StateTopics

Operation = Literal["Read", "Write", "Create", "Delete", "Describe", "Alter", "DescribeConfigs", "AlterConfigs"]
ResourceType = Literal["topic", "group", "cluster"]

SOURCES, CONSOLE, OPERATOR, TOPICS = "sources", "console", "operator", "topics"

READING_GROUP, REPLAY_GROUP = "pulso-reading", "pulso-dead-replay"
"""Groups of `stream.runtime.topic_reader`, which commits nothing, and of `pulso dead replay`."""

CLUSTER = "kafka-cluster"
"""Kafka's name of the cluster as a resource."""


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """Operations on one resource that a user may do, from any host."""

    resource: ResourceType
    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """One client of Kafka, with a user of its own.

    Attributes:
        name: of a worker, or `sources`, `console`, `operator`, `topics`.
        acls: its rights, each resource once, in order.
    """

    name: str
    acls: tuple[Acl, ...]

    @property
    def user(self) -> str:
        """Return its user name in Kafka."""
        return f"pulso-{self.name}"


def group_of(worker: str) -> str:
    """Return the consumer group of a worker: the id of its Faust app."""
    return f"pulso-{worker}"


def changelog_of(worker: str, table: str) -> str:
    """Return the topic in which Faust keeps the changelog of a worker's table.

    >>> changelog_of("bars", "bars")
    'pulso-bars-bars-bars-changelog'
    """
    return f"pulso-{worker}-{worker}-{table}-changelog"


def tables_of(worker: str) -> tuple[StateTopics, ...]:
    """Return the tables of a worker."""
    return tuple(table for access in _accesses(worker) for table in access.tables)


def changelogs() -> dict[str, StateTopics]:
    """Return the table of each changelog topic."""
    return {changelog_of(worker, table.table): table for worker in registry.workers() for table in tables_of(worker)}


def consumed_by(client: str) -> frozenset[Topic[Any]]:
    """Return the topics that the agents of a worker read."""
    accesses = _accesses(client)
    results = registry.result_topics() if any(access.consumes_results for access in accesses) else ()
    return frozenset(results).union(*(access.consumes for access in accesses))


def broadcast_to(client: str) -> frozenset[Topic[Any]]:
    """Return the topics that a client reads without a consumer group."""
    return frozenset[Topic[Any]]().union(*(access.broadcasts for access in _accesses(client)))


def produced_by(client: str) -> frozenset[Topic[Any]]:
    """Return the topics that a client writes, without dead-letter topics."""
    return frozenset[Topic[Any]]().union(*(access.produces for access in _accesses(client)))


@cache
def clients() -> tuple[Client, ...]:
    """Return every client: the workers, the sources, the console, people's commands, and who makes the topics."""
    return (
        *(Client(worker, _worker_acls(worker)) for worker in registry.workers()),
        Client(SOURCES, _acls(_on_topics(produced_by(SOURCES), "Write"))),
        Client(CONSOLE, _acls(_on_topics(broadcast_to(CONSOLE), "Read"), _on_topics(produced_by(CONSOLE), "Write"))),
        Client(OPERATOR, _operator_acls()),
        Client(TOPICS, _topics_acls()),
    )


def client_named(name: str) -> Client:
    """Return a client by its name.

    Raises:
        LookupError: There is none of this name.
    """
    for client in clients():
        if client.name == name:
            return client
    raise LookupError(f"no client is named {name!r}; there are {', '.join(one.name for one in clients())}")


def _accesses(client: str) -> list[Access]:
    return [feature.access[client] for feature in registry.features() if client in feature.access]


def _worker_acls(worker: str) -> tuple[Acl, ...]:
    consumed = consumed_by(worker)
    return _acls(
        [Acl("group", group_of(worker), ("Read",))],
        _on_topics(consumed | broadcast_to(worker), "Read"),
        _on_topics(produced_by(worker) | {topic.dead for topic in consumed}, "Write"),
        # Faust asks for the creation of each changelog at every start.
        [Acl("topic", changelog_of(worker, table.table), ("Read", "Write", "Create")) for table in tables_of(worker)],
    )


def _operator_acls() -> tuple[Acl, ...]:
    """Return the rights of people's commands: read everything, replay dead letters, and write what commands write."""
    replayed = {topic for worker in registry.workers() for topic in consumed_by(worker)}
    everything = {topic for one in registry.topics() for topic in (one, one.dead)}
    return _acls(
        _on_topics(everything, "Read"),
        _on_topics(replayed | produced_by(OPERATOR), "Write"),
        [Acl("group", READING_GROUP, ("Read",)), Acl("group", REPLAY_GROUP, ("Read",))],
    )


def _topics_acls() -> tuple[Acl, ...]:
    """Return the rights of who makes topics: their settings and partitions, and the rows of changelogs that grow."""
    wanted = [topic.name for one in registry.topics() for topic in (one, one.dead)]
    manage: tuple[Operation, ...] = ("Create", "Describe", "Alter", "DescribeConfigs", "AlterConfigs")
    return _acls(
        [Acl("topic", name, manage) for name in wanted],
        [Acl("topic", name, (*manage, "Read", "Write", "Delete")) for name in changelogs()],
        [Acl("group", group_of(worker), ("Describe",)) for worker in registry.workers()],
        [Acl("group", READING_GROUP, ("Read",))],
    )


def _on_topics(topics: Iterable[Topic[Any]], operation: Operation) -> list[Acl]:
    return [Acl("topic", topic.name, (operation,)) for topic in topics]


def _acls(*parts: Iterable[Acl]) -> tuple[Acl, ...]:
    """Return the rights with each resource once, sorted."""
    operations: dict[tuple[ResourceType, str], set[Operation]] = {}
    for acl in (acl for part in parts for acl in part):
        operations.setdefault((acl.resource, acl.name), set()).update(acl.operations)
    return tuple(sorted(Acl(*resource, tuple(sorted(found))) for resource, found in operations.items()))
