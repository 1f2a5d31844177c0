"""KEDA's scaling of workers: vision by frames that it had no time for, the others by the events that wait.

Each change of the number of pods is a rebalance, so they change one pod a minute up, and down after ten quiet minutes
(KEDA 5096, 7092). While the metric can't be read, the present number stays (KEDA 4098).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream.features import registry
from stream.features.clients import group_of, tables_of
from stream.kubernetes.manifest import Manifest, manifest
from stream.runtime.partitions import partition_counts

NOT_SCALED = frozenset({"support"})
"""The desk's mails are one partition, which one process works through; a second would hold the models and wait."""

BY_DROPPED_FRAMES = frozenset({"vision"})
"""Workers that skip what they have no time for, so that nothing ever waits."""

DROPPED_PER_SECOND = 2
"""Frames a second that one more vision pod would have looked at; a worker sees some 20 (docs/benchmarks.md)."""

_BEHAVIOUR = {
    "scaleUp": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
    "scaleDown": {"stabilizationWindowSeconds": 600, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 300}]},
}


def scaled_workers() -> tuple[str, ...]:
    """Return the workers that scale: those with state in several partitions."""
    return tuple(name for name in registry.workers() if name not in NOT_SCALED and _scaling_topics(name))


def scaling() -> Iterator[Manifest]:
    """Yield the scaling of each worker, and how KEDA reads its lag: as the worker's own user."""
    for worker in scaled_workers():
        by_lag = worker not in BY_DROPPED_FRAMES
        triggers = _lag_triggers(worker) if by_lag else [_dropped_trigger()]
        yield manifest("keda.sh/v1alpha1", "ScaledObject", worker, spec=_spec(worker, triggers))
        if by_lag:
            yield _authentication(worker)


def lag_threshold(worker: str) -> int:
    """Return the events that may wait for each pod: an eighth of what it reads ahead, and a hundred at most.

    A worker reads few ahead where each is large or takes long.
    """
    return max(1, min(100, registry.buffer_events(worker) // 8))


def _spec(worker: str, triggers: list[dict[str, Any]]) -> dict[str, Any]:
    counts = partition_counts()
    return {
        "scaleTargetRef": {"name": worker},
        "minReplicaCount": 1,
        "maxReplicaCount": max(counts[topic] for topic in _scaling_topics(worker)),
        "pollingInterval": 15,
        "fallback": {"failureThreshold": 3, "replicas": 1, "behavior": "currentReplicasIfHigher"},
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOUR}},
        "triggers": triggers,
    }


def _scaling_topics(worker: str) -> list[str]:
    """Return the topics with several partitions that change the worker's state: what can be shared out."""
    counts = partition_counts()
    topics = {topic.name for table in tables_of(worker) for topic in table.topics}
    return sorted(name for name in topics if counts[name] > 1)


def _lag_triggers(worker: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "kafka",
            "metadata": {
                "bootstrapServers": "pulso-kafka-bootstrap:9093",
                "consumerGroup": group_of(worker),
                "topic": topic,
                "lagThreshold": str(lag_threshold(worker)),
                "offsetResetPolicy": "earliest",
                "limitToPartitionsWithLag": "true",
                "excludePersistentLag": "true",
            },
            "authenticationRef": {"name": worker},
        }
        for topic in _scaling_topics(worker)
    ]


def _dropped_trigger() -> dict[str, Any]:
    return {
        "type": "prometheus",
        "metadata": {
            "serverAddress": "http://prometheus-operated.monitoring:9090",
            "query": 'sum(rate(pulso_camera_frames_total{outcome="dropped"}[2m])) or vector(0)',
            "threshold": str(DROPPED_PER_SECOND),
            "activationThreshold": "0",
        },
    }


def _authentication(worker: str) -> Manifest:
    spec = {
        "env": [{"parameter": "username", "name": "PULSO_KAFKA_USERNAME", "containerName": "pulso"}],
        "configMapTargetRef": [
            {"parameter": "sasl", "name": "keda-kafka", "key": "sasl"},
            {"parameter": "tls", "name": "keda-kafka", "key": "tls"},
        ],
        "secretTargetRef": [
            {"parameter": "password", "name": group_of(worker), "key": "password"},
            {"parameter": "ca", "name": "pulso-cluster-ca-cert", "key": "ca.crt"},
        ],
    }
    return manifest("keda.sh/v1alpha1", "TriggerAuthentication", worker, spec=spec)
