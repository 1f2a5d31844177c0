"""Tests that deploy/kubernetes follows the features, and that the check refuses what would not run."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from scripts import kubernetes_check
from scripts.kubernetes_check import OVERLAYS, build, crd_schemas, crds_folder, faults_between, schema_faults
from stream.features import registry
from stream.features.clients import changelogs, clients
from stream.kubernetes.files import FOLDER, rendered
from stream.kubernetes.manifest import Manifest
from stream.kubernetes.scaling import scaled_workers
from stream.local.kafka import VERSION
from stream.runtime.settings import ROOT, Settings

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is missing")


@pytest.fixture(scope="module", params=["edge", "cluster"])
def resources(request: pytest.FixtureRequest) -> list[Manifest]:
    return build(OVERLAYS / request.param)


@pytest.fixture(scope="module")
def cluster() -> list[Manifest]:
    return build(OVERLAYS / "cluster")


def named(resources: list[Manifest], kind: str, name: str) -> Any:
    (found,) = [one for one in resources if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def names(resources: list[Manifest], kind: str) -> set[str]:
    return {one["metadata"]["name"] for one in resources if one["kind"] == kind}


def test_generated_files_follow_the_features() -> None:
    for file, content in rendered().items():
        assert file.read_text(encoding="utf-8") == content, f"{file.name}: run `pulso kubernetes render`"


def test_every_part_of_pulso_is_there(resources: list[Manifest]) -> None:
    workers = set(registry.workers())
    assert names(resources, "Deployment") == workers | {"sources", "console"}
    assert names(resources, "PodDisruptionBudget") == workers
    assert names(resources, "KafkaUser") == {client.user for client in clients()}
    expected = {topic.name for one in registry.topics() for topic in (one, one.dead)} | set(changelogs())
    assert names(resources, "KafkaTopic") == expected
    assert names(resources, "ScaledObject") == set(scaled_workers()) == workers - {"support", "captions"}
    dashboards = {f"dashboard-{file.stem}" for file in (ROOT / "deploy" / "grafana" / "dashboards").glob("*.json")}
    assert dashboards <= names(resources, "ConfigMap")
    assert named(resources, "Kafka", "pulso")["spec"]["kafka"]["version"] == VERSION


def test_rules_are_those_of_prometheus(resources: list[Manifest]) -> None:
    for file in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"):
        rule = named(resources, "PrometheusRule", f"pulso-{file.stem}")
        assert rule["spec"] == yaml.safe_load(file.read_text(encoding="utf-8"))


def test_variables_of_pods_are_settings(resources: list[Manifest]) -> None:
    known = {f"PULSO_{name.upper()}" for name in Settings.model_fields} | {"PULSO_REDIS_PASSWORD"}
    (settings,) = [one for one in resources if one["metadata"]["name"].startswith("settings-")]
    used = set(settings["data"]) | {
        variable["name"]
        for one in resources
        if one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
        for variable in container["env"]
    }
    assert {name for name in used if name.startswith("PULSO_")} <= known


def test_cluster_keeps_three_copies(cluster: list[Manifest]) -> None:
    config = named(cluster, "Kafka", "pulso")["spec"]["kafka"]["config"]
    assert (config["default.replication.factor"], config["min.insync.replicas"]) == (3, 2)
    assert named(cluster, "KafkaNodePool", "kafka")["spec"]["replicas"] == 3
    (settings,) = [one for one in cluster if one["metadata"]["name"].startswith("settings-")]
    assert settings["data"]["PULSO_KAFKA_REPLICATION"] == "3"


def test_vision_scales_by_dropped_frames_and_others_by_lag(cluster: list[Manifest]) -> None:
    for worker in scaled_workers():
        spec = named(cluster, "ScaledObject", worker)["spec"]
        kinds = {trigger["type"] for trigger in spec["triggers"]}
        assert kinds == {"prometheus" if worker == "vision" else "kafka"}
        assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
    query = named(cluster, "ScaledObject", "vision")["spec"]["triggers"][0]["metadata"]["query"]
    assert 'pulso_camera_frames_total{outcome="dropped"}' in query


def pod(one: Any) -> Any:
    return one["spec"]["template"]["spec"]


def container(one: Any) -> Any:
    return pod(one)["containers"][0]


Plant = Callable[[list[Manifest]], object]

PLANTED: dict[str, Plant] = {
    "misspelled field": lambda r: named(r, "Deployment", "bars")["spec"].update(replica=2),
    "text for a number": lambda r: named(r, "Deployment", "bars")["spec"].update(replicas="two"),
    "no selector": lambda r: named(r, "Deployment", "bars")["spec"].pop("selector"),
    "old API": lambda r: named(r, "PodDisruptionBudget", "bars").update(apiVersion="policy/v1beta1"),
    "unknown kind": lambda r: named(r, "Deployment", "bars").update(kind="Deploymint"),
    "misspelled probe": lambda r: container(named(r, "Deployment", "bars"))["readinessProbe"].update(periodSecond=1),
    "misspelled policy": lambda r: named(r, "NetworkPolicy", "dns")["spec"].update(podSelectors={}),
    "port beyond a number": lambda r: named(r, "Service", "console")["spec"]["ports"][0].update(port="http"),
    "root": lambda r: pod(named(r, "Deployment", "bars"))["securityContext"].update(runAsUser=0),
    "no seccomp profile": lambda r: pod(named(r, "Deployment", "bars"))["securityContext"].pop("seccompProfile"),
    "privileges": lambda r: container(named(r, "Deployment", "bars"))["securityContext"].update(privileged=True),
    "capability": lambda r: container(named(r, "StatefulSet", "redis"))["securityContext"].pop("capabilities"),
    "writable root": lambda r: container(named(r, "Job", "topics"))["securityContext"].pop("readOnlyRootFilesystem"),
    "network of the node": lambda r: pod(named(r, "Deployment", "bars")).update(hostNetwork=True),
    "folder of the node": lambda r: pod(named(r, "Deployment", "bars"))["volumes"].append(
        {"name": "host", "hostPath": {"path": "/"}}
    ),
    "no memory limit": lambda r: container(named(r, "Deployment", "vision"))["resources"].pop("limits"),
    "image without a tag": lambda r: container(named(r, "Deployment", "bars")).update(image="pulso"),
    "password in the open": lambda r: container(named(r, "Deployment", "bars"))["env"].append(
        {"name": "PULSO_TILL_TOKEN", "value": "x"}
    ),
    "secret in the files": lambda r: r.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "redis"}}),
    "secret of nobody": lambda r: container(named(r, "Deployment", "bars"))["env"][1]["valueFrom"][
        "secretKeyRef"
    ].update(name="pulso-bar"),
    "settings that are missing": lambda r: container(named(r, "Deployment", "bars"))["envFrom"][0][
        "configMapRef"
    ].update(name="setting"),
    "short grace": lambda r: pod(named(r, "Deployment", "bars")).update(terminationGracePeriodSeconds=30),
    "no readiness": lambda r: container(named(r, "Deployment", "bars")).pop("readinessProbe"),
    "liveness": lambda r: container(named(r, "Deployment", "bars")).update(
        livenessProbe={"httpGet": {"path": "/ready", "port": 9100}}
    ),
    "surge": lambda r: named(r, "Deployment", "bars")["spec"]["strategy"]["rollingUpdate"].update(maxSurge=1),
    "selector of others": lambda r: named(r, "Deployment", "bars")["spec"]["selector"]["matchLabels"].update(
        {"app.kubernetes.io/name": "bar"}
    ),
    "budget of nobody": lambda r: named(r, "PodDisruptionBudget", "bars")["spec"]["selector"]["matchLabels"].update(
        {"app.kubernetes.io/name": "bar"}
    ),
    "no denial by default": lambda r: r.remove(named(r, "NetworkPolicy", "deny-by-default")),
    "scaling of nobody": lambda r: named(r, "ScaledObject", "bars")["spec"]["scaleTargetRef"].update(name="bar"),
    "scaling to none": lambda r: named(r, "ScaledObject", "bars")["spec"].update(minReplicaCount=0),
    "scaling by a topic that is missing": lambda r: named(r, "ScaledObject", "bars")["spec"]["triggers"][0][
        "metadata"
    ].update(topic="pos.sale"),
    "every right": lambda r: named(r, "KafkaUser", "pulso-bars")["spec"]["authorization"]["acls"][0].update(
        operations=["All"]
    ),
    "right on a missing topic": lambda r: r.remove(named(r, "KafkaTopic", "demand.latest")),
    "user without ACLs": lambda r: named(r, "KafkaUser", "pulso-bars")["spec"].pop("authorization"),
    "topic of another Kafka": lambda r: named(r, "KafkaTopic", "pos.sales")["metadata"]["labels"].update(
        {"strimzi.io/cluster": "other"}
    ),
    "two of one name": lambda r: r.append(copy.deepcopy(named(r, "Service", "redis"))),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_check_refuses_planted_fault(cluster: list[Manifest], plant: Plant) -> None:
    damaged = copy.deepcopy(cluster)
    plant(damaged)
    changed = [one for one in damaged if one not in cluster]  # the schemas of all take seconds
    assert any(list(schema_faults(one, {})) for one in changed) or list(faults_between(damaged))


CUSTOM: dict[str, Plant] = {
    "unknown operation": lambda r: named(r, "KafkaUser", "pulso-bars")["spec"]["authorization"]["acls"][0].update(
        operations=["Reed"]
    ),
    "no partition": lambda r: named(r, "KafkaTopic", "pos.sales")["spec"].update(partitions=0),
    "text for partitions": lambda r: named(r, "KafkaTopic", "pos.sales")["spec"].update(partitions="four"),
    "misspelled replicas": lambda r: named(r, "ScaledObject", "bars")["spec"].update(maxReplicas=4),
    "no trigger": lambda r: named(r, "ScaledObject", "bars")["spec"].pop("triggers"),
    "misspelled endpoint": lambda r: named(r, "PodMonitor", "pulso")["spec"].update(podMetricsEndpoint=[]),
    "unknown role": lambda r: named(r, "KafkaNodePool", "kafka")["spec"].update(roles=["brocker"]),
    "unknown listener": lambda r: named(r, "Kafka", "pulso")["spec"]["kafka"]["listeners"][0].update(type="intern"),
    "unknown authentication": lambda r: named(r, "KafkaUser", "pulso-bars")["spec"]["authentication"].update(
        type="scram-sha-256"
    ),
    "misspelled secret": lambda r: named(r, "TriggerAuthentication", "bars")["spec"]["secretTargetRef"][0].pop("key"),
}


@pytest.fixture(scope="module")
def definitions() -> Any:
    folder = crds_folder()
    if folder is None:
        pytest.skip("no definitions of custom resources (PULSO_KUBERNETES_CRDS)")
    return crd_schemas(folder)


def test_custom_resources_follow_their_definitions(cluster: list[Manifest], definitions: Any) -> None:
    custom = [one for one in cluster if (one["apiVersion"], one["kind"]) in definitions]
    assert len(custom) > 100
    assert not [fault for one in custom for fault in schema_faults(one, definitions)]


def test_overlays_have_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert kubernetes_check.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("plant", CUSTOM.values(), ids=CUSTOM)
def test_check_refuses_fault_in_a_custom_resource(cluster: list[Manifest], definitions: Any, plant: Plant) -> None:
    damaged = copy.deepcopy(cluster)
    plant(damaged)
    (changed,) = [one for one in damaged if one not in cluster]
    assert list(schema_faults(changed, definitions))


def test_overlay_that_kustomize_refuses_is_a_fault(tmp_path: Any) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    with pytest.raises(ValueError, match=r"missing\.yaml"):
        build(tmp_path)


def test_check_without_kubectl_is_skipped_visibly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert kubernetes_check.main() == 0
    assert "skipped: kubectl is missing" in capsys.readouterr().out


def test_base_has_no_secret() -> None:
    for file in (FOLDER / "base").rglob("*.yaml"):
        assert "kind: Secret\n" not in file.read_text(encoding="utf-8"), file.name
