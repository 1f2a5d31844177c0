"""The generated files of deploy/kubernetes."""

from __future__ import annotations

from pathlib import Path

from stream.kubernetes import kafka_resources, monitoring, scaling, workloads
from stream.kubernetes.manifest import to_yaml
from stream.runtime.settings import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
GENERATED = FOLDER / "base" / "generated"


def rendered() -> dict[Path, str]:
    """Return every generated file with its content."""
    return {
        GENERATED / "topics.yaml": to_yaml(kafka_resources.topics()),
        GENERATED / "users.yaml": to_yaml(kafka_resources.users()),
        GENERATED / "workers.yaml": to_yaml(workloads.workers()),
        GENERATED / "processes.yaml": to_yaml(workloads.processes()),
        GENERATED / "scaling.yaml": to_yaml(scaling.scaling()),
        GENERATED / "monitoring.yaml": to_yaml(monitoring.monitoring()),
    }
