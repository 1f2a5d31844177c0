"""Deployments of workers, sources and console, with their disruption budgets, and the job that makes the topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stream.features import registry
from stream.features.clients import CONSOLE, SOURCES, TOPICS, client_named
from stream.kubernetes.manifest import Manifest, manifest

IMAGE = "pulso"
"""Image as kustomize knows it: overlays set registry and tag."""

METRICS_PORT, CONSOLE_PORT, TILLS_PORT, POSTS_PORT, ORDERS_PORT = 9100, 8080, 8090, 8091, 8092

GRACE_SECONDS = 45
"""Time between SIGTERM and SIGKILL: three times that of a worker's orderly shutdown."""

_RESOURCES = {
    "vision": ("1", "768Mi", "1536Mi"),
    "support": ("250m", "768Mi", "1536Mi"),
    "music": ("250m", "768Mi", "1536Mi"),
}
"""CPU and memory that a worker requests, and its limit of memory. CPU has no limit: throttling looks like a fault."""

_OTHER_RESOURCES = ("250m", "384Mi", "768Mi")

_POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}

CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def workers() -> Iterator[Manifest]:
    """Yield a deployment and a disruption budget for each worker."""
    for name in registry.workers():
        yield _deployment(name, ["worker", name], port=METRICS_PORT, page="/ready")
        yield _budget(name)


def processes() -> Iterator[Manifest]:
    """Yield the sources, the console with its service, and the job that makes the topics."""
    yield _deployment(SOURCES, ["sources"], port=METRICS_PORT, page="/metrics", volume=_claim(SOURCES))
    yield manifest(
        "v1", "PersistentVolumeClaim", SOURCES, labels=_labels(SOURCES),
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    )  # fmt: skip
    yield _service(SOURCES, {"tills": TILLS_PORT, "posts": POSTS_PORT, "orders": ORDERS_PORT})
    yield _deployment(CONSOLE, [], port=CONSOLE_PORT, page="/healthz", command=["python", "-m", "console"])
    yield _service(CONSOLE, {"http": CONSOLE_PORT})
    yield _topics_job()


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "pulso"}


def _deployment(
    name: str, arguments: Sequence[str], *, port: int, page: str, command: Sequence[str] = (), volume: Any = None
) -> Manifest:
    option = "--port" if name == CONSOLE else "--metrics-port"
    container = _container(name, [*arguments, option, str(port)], command) | {
        "ports": [{"name": "http" if name == CONSOLE else "metrics", "containerPort": port}],
        # Readiness only: a restart heals nothing that Kafka lacks, and a worker that stalls ends itself.
        "readinessProbe": {
            "httpGet": {"path": page, "port": port}, "periodSeconds": 5, "timeoutSeconds": 4, "failureThreshold": 3,
        },
    }  # fmt: skip
    # A pod more would be one more rebalance; a second reader of a camera or mailbox would send everything twice.
    strategy: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    return manifest(
        "apps/v1", "Deployment", name, labels=_labels(name),
        spec={
            "replicas": 1,
            "selector": {"matchLabels": _labels(name)},
            "strategy": strategy,
            "template": {"metadata": {"labels": _labels(name)}, "spec": _pod(name, container, volume)},
        },
    )  # fmt: skip


def _topics_job() -> Manifest:
    pod = _pod(TOPICS, _container(TOPICS, ["topics", "--create"], ()), None) | {"restartPolicy": "OnFailure"}
    return manifest(
        "batch/v1", "Job", TOPICS, labels=_labels(TOPICS),
        spec={
            "backoffLimit": 20,
            "ttlSecondsAfterFinished": 600,
            "template": {"metadata": {"labels": _labels(TOPICS)}, "spec": pod},
        },
    )  # fmt: skip


def _pod(name: str, container: Manifest, volume: Any) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": _POD_SECURITY,
        "containers": [container],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "data", **(volume or {"emptyDir": {"sizeLimit": "1Gi"}})},
            {"name": "venue", "configMap": {"name": "venue"}},
            {"name": "kafka-ca", "secret": {"secretName": "pulso-cluster-ca-cert"}},
        ],
    }  # fmt: skip


def _claim(name: str) -> dict[str, Any]:
    return {"persistentVolumeClaim": {"claimName": name}}


def _container(name: str, arguments: Sequence[str], command: Sequence[str]) -> dict[str, Any]:
    cpu, memory, most = _RESOURCES.get(name, _OTHER_RESOURCES)
    return {
        "name": "pulso",
        "image": IMAGE,
        **({"command": list(command)} if command else {}),
        "args": list(arguments),
        "envFrom": [
            {"configMapRef": {"name": "settings"}},
            # Further secrets of one process: PULSO_TILL_TOKEN, PULSO_MAILBOX_PASSWORD, PULSO_WATCHDOG_URL.
            {"secretRef": {"name": name, "optional": True}},
        ],
        "env": _environment(name),
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # nosec B108 - in the container
            {"name": "data", "mountPath": "/var/lib/pulso"},
            {"name": "venue", "mountPath": "/etc/pulso", "readOnly": True},
            {"name": "kafka-ca", "mountPath": "/etc/kafka-ca", "readOnly": True},
        ],
    }  # fmt: skip


def _environment(name: str) -> list[dict[str, Any]]:
    user = client_named(name).user
    variables: list[dict[str, Any]] = [
        {"name": "PULSO_KAFKA_USERNAME", "value": user},
        {"name": "PULSO_KAFKA_PASSWORD", "valueFrom": {"secretKeyRef": {"name": user, "key": "password"}}},
    ]
    if name in (CONSOLE, *registry.workers()):
        password = {"name": "PULSO_REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "redis", "key": "password"}}}
        variables += [password, {"name": "PULSO_REDIS", "value": "redis://:$(PULSO_REDIS_PASSWORD)@redis:6379/0"}]
    return variables


def _budget(name: str) -> Manifest:
    return manifest(
        "policy/v1", "PodDisruptionBudget", name, labels=_labels(name),
        spec={"maxUnavailable": 1, "selector": {"matchLabels": _labels(name)}},
    )  # fmt: skip


def _service(name: str, ports: dict[str, int]) -> Manifest:
    return manifest(
        "v1", "Service", name, labels=_labels(name),
        spec={
            "selector": _labels(name),
            "ports": [{"name": port, "port": number, "targetPort": number} for port, number in ports.items()],
        },
    )  # fmt: skip
