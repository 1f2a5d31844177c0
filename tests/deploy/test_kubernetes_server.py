"""The manifests on a real kube-apiserver: it takes all of them, and refuses planted faults by name."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from scripts.kubernetes_check import crds_folder, prepare, server_program
from scripts.kubernetes_server import KubernetesServer, running_server
from stream.kubernetes.manifest import Manifest
from tests.deploy.test_kubernetes import CUSTOM, PLANTED, Plant, cluster, container, named, pod

__all__ = ["cluster"]  # a fixture

pytestmark = pytest.mark.stack

SERVER_REFUSES = (
    "misspelled field",
    "text for a number",
    "no selector",
    "old API",
    "unknown kind",
    "misspelled probe",
    "misspelled policy",
    "selector of others",
)
"""Faults of `PLANTED` that a server sees; the others are rules of ours."""

MORE: dict[str, Plant] = {
    "port beyond the last": lambda r: named(r, "Service", "console")["spec"]["ports"][0].update(port=70_000),
    "impossible memory": lambda r: container(named(r, "Deployment", "vision"))["resources"]["limits"].update(
        memory="1GiB"
    ),
    "request above the limit": lambda r: container(named(r, "Deployment", "bars"))["resources"]["requests"].update(
        memory="900Gi"
    ),
    "name in capitals": lambda r: named(r, "Service", "redis")["metadata"].update(name="Redis"),
    "negative replicas": lambda r: named(r, "Deployment", "bars")["spec"].update(replicas=-1),
    "label that is none": lambda r: named(r, "Deployment", "bars")["metadata"]["labels"].update(team="a b"),
    "mount of nothing": lambda r: container(named(r, "Deployment", "bars"))["volumeMounts"].append(
        {"name": "nothing", "mountPath": "/x"}
    ),
    "two ways of restarting": lambda r: pod(named(r, "Deployment", "bars")).update(restartPolicy="Never"),
    "no surge and no pod away": lambda r: named(r, "Deployment", "bars")["spec"]["strategy"]["rollingUpdate"].update(
        maxUnavailable=0
    ),
    "two budgets": lambda r: named(r, "PodDisruptionBudget", "bars")["spec"].update(minAvailable=1, maxUnavailable=1),
}


@pytest.fixture(scope="module")
def server(cluster: list[Manifest]) -> Iterator[tuple[KubernetesServer, list[Manifest]]]:
    program, definitions = server_program(), crds_folder()
    if program is None or definitions is None:
        pytest.skip("no kube-apiserver (PULSO_KUBE_APISERVER), or no definitions of custom resources")
    with running_server(program) as server:
        yield server, prepare(server, cluster, definitions)


def test_server_takes_every_resource(server: tuple[KubernetesServer, list[Manifest]]) -> None:
    kubernetes, known = server
    assert len(known) > 140
    assert kubernetes.faults(known) == []


def test_server_refuses_root_in_the_namespace(server: tuple[KubernetesServer, list[Manifest]]) -> None:
    kubernetes, known = server
    (namespace,) = [one["metadata"]["name"] for one in known if one["kind"] == "Namespace"]
    root = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root", "namespace": namespace},
        "spec": {"containers": [{"name": "root", "image": "pulso:0.1.0", "securityContext": {"runAsUser": 0}}]},
    }
    assert "restricted" in " ".join(kubernetes.faults([root]))


@pytest.mark.parametrize(
    "plant",
    [*(PLANTED[name] for name in SERVER_REFUSES), *CUSTOM.values(), *MORE.values()],
    ids=[*SERVER_REFUSES, *CUSTOM, *MORE],
)
def test_server_refuses_planted_fault(server: tuple[KubernetesServer, list[Manifest]], plant: Plant) -> None:
    kubernetes, known = server
    damaged = copy.deepcopy(known)
    plant(damaged)
    changed = [one for one in damaged if one not in known]
    assert changed
    assert kubernetes.faults(changed)
