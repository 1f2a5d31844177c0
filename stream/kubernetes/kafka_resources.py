"""Strimzi's resources: every topic, dead-letter topic and changelog, and a user with least rights for each client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stream.features import registry
from stream.features.clients import Acl, Client, changelogs, clients
from stream.kubernetes.manifest import Manifest, manifest
from stream.runtime.partitions import partition_counts
from stream.runtime.topics import CHANGELOG_CONFIG, topic_config

API = "kafka.strimzi.io/v1"

CLUSTER = {"strimzi.io/cluster": "pulso"}
"""Label by which the operator finds the Kafka that a topic or user is for."""


def topics() -> Iterator[Manifest]:
    """Yield every topic and dead-letter topic, then the changelogs of the workers' tables."""
    counts = partition_counts()
    for topic in registry.topics():
        yield _topic(topic.name, counts[topic.name], topic_config(topic))
        yield _topic(topic.dead.name, topic.dead.partitions, topic_config(topic.dead))
    for name in changelogs():
        yield _topic(name, counts[name], {"cleanup.policy": "compact", **CHANGELOG_CONFIG})


def users() -> Iterator[Manifest]:
    """Yield the user of each client."""
    return (_user(client) for client in clients())


def _topic(name: str, partitions: int, config: Mapping[str, str]) -> Manifest:
    # Without `replicas`: the Kafka resource of the overlay sets the default.
    return manifest(API, "KafkaTopic", name, labels=CLUSTER, spec={"partitions": partitions, "config": dict(config)})


def _user(client: Client) -> Manifest:
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": [_acl(acl) for acl in client.acls]},
    }
    return manifest(API, "KafkaUser", client.user, labels=CLUSTER, spec=spec)


def _acl(acl: Acl) -> dict[str, Any]:
    resource = {"type": acl.resource, "name": acl.name, "patternType": "literal"}
    return {"resource": resource, "operations": list(acl.operations)}
