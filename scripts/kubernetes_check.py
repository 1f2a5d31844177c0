"""Check of deploy/kubernetes: `python -m scripts.kubernetes_check`; exits with 1 after naming every fault.

Always: kustomize, the JSON Schemas of Kubernetes' own kinds, and the rules of `faults_between`. With the definitions of
custom resources (PULSO_KUBERNETES_CRDS, or ../shared/kubernetes/crds): those, too. With kube-apiserver
(PULSO_KUBE_APISERVER, a program): a dry run on a real server. Without kubectl it says so and ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from scripts.kubernetes_server import KubernetesServer, ServerError, running_server
from stream.kubernetes.manifest import Manifest
from stream.runtime.settings import ROOT

OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"

VERSION = "1.36"
"""Version of Kubernetes whose schemas are used."""

OWN_SECRETS = frozenset({"redis", "pulso-cluster-ca-cert"})
"""Secrets that an operator makes, by hand or by Strimzi; those of users are named as the KafkaUser."""

_PODS = {"Deployment", "StatefulSet", "Job"}
_CUSTOM_GROUPS = ("strimzi.io", "keda.sh", "monitoring.coreos.com")


class MissingProgramError(Exception):
    """Something that the check needs is not installed. The message says what."""


def build(overlay: Path) -> list[Manifest]:
    """Return the resources of an overlay.

    Raises:
        MissingProgramError: kubectl is missing.
        ValueError: kustomize refuses the overlay.
    """
    if shutil.which("kubectl") is None:
        raise MissingProgramError("kubectl is missing")
    done = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return [one for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if one]


def crds_folder() -> Path | None:
    """Return the folder with the definitions of custom resources; None without one."""
    folder = Path(os.environ.get("PULSO_KUBERNETES_CRDS", ROOT.parent / "shared" / "kubernetes" / "crds"))
    return folder if folder.is_dir() else None


def crd_schemas(folder: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the schema of each custom resource by API version and kind, strict about unknown fields."""
    schemas = {}
    for file in sorted(folder.glob("*.yaml")):
        spec = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            _close(schema)
            schema["properties"]["metadata"] = {"type": "object"}
            schemas[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return schemas


def _close(schema: dict[str, Any]) -> None:
    """Refuse unknown fields, as a server does under `--validate=strict`; in place."""
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        schema["type"] = ["integer", "string"]
    for part in schema.get("properties", {}).values():
        _close(part)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            _close(schema[name])


def schema_faults(resource: Manifest, schemas: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the schema of a resource's kind refuses."""
    kind = (resource.get("apiVersion", ""), resource.get("kind", ""))
    if kind in schemas:
        for error in jsonschema.Draft202012Validator(schemas[kind]).iter_errors(resource):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        return
    if any(group in kind[0] for group in _CUSTOM_GROUPS):
        return  # a custom resource whose definition is not here
    try:
        kubernetes_validate.validate(resource, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"Kubernetes has no {kind[1]} of {kind[0]}"


def server_program() -> Path | None:
    """Return the kube-apiserver that `PULSO_KUBE_APISERVER` names; None without one."""
    program = os.environ.get("PULSO_KUBE_APISERVER")
    return Path(program) if program else None


def prepare(server: KubernetesServer, resources: list[Manifest], definitions: Path) -> list[Manifest]:
    """Create the namespaces and the definitions of custom resources; return the resources that the server can check.

    Raises:
        ServerError: the server refuses a namespace or a definition.
    """
    files = sorted(definitions.glob("*.yaml"))
    crds = [yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for file in files]
    server.create([*crds, *(one for one in resources if one["kind"] == "Namespace")])
    for crd in crds:
        name = f"crd/{crd['metadata']['name']}"
        done = server.kubectl("wait", "--for=condition=Established", "--timeout=60s", name)
        if done.returncode:
            raise ServerError(done.stderr)
    defined = {(crd["spec"]["group"], crd["spec"]["names"]["kind"]) for crd in crds}
    return [one for one in resources if _is_known(one, defined)]


def _is_known(resource: Manifest, defined: set[tuple[str, str]]) -> bool:
    group = resource["apiVersion"].partition("/")[0] if "/" in resource["apiVersion"] else ""
    custom = any(part in group for part in _CUSTOM_GROUPS)
    return not custom or (group, resource["kind"]) in defined


def faults_between(resources: list[Manifest]) -> Iterator[str]:
    """Yield what no schema sees: names that point nowhere, pods with rights, secrets in the open."""
    names = {(one["kind"], one["metadata"]["name"]) for one in resources}
    if len(names) != len(resources):
        yield "two resources of one kind have the same name"
    denied = [one for one in resources if one["kind"] == "NetworkPolicy" and _denies_all(one["spec"])]
    if not denied:
        yield "no NetworkPolicy denies by default"
    for one in resources:
        if one["kind"] == "Secret":
            yield f"{_name(one)}: a secret must not be in the files"
        if one["kind"] in _PODS:
            yield from (f"{_name(one)}: {fault}" for fault in _pod_faults(one, names))
        if one["kind"] in ("Deployment", "StatefulSet"):
            yield from (f"{_name(one)}: {fault}" for fault in _workload_faults(one))
        if one["kind"] == "PodDisruptionBudget" and not _selected(one["spec"]["selector"], resources):
            yield f"{_name(one)}: selects no pod"
        if one["kind"] == "ScaledObject":
            yield from (f"{_name(one)}: {fault}" for fault in _scaling_faults(one, resources, names))
        if one["kind"] == "KafkaUser":
            yield from (f"{_name(one)}: {fault}" for fault in _user_faults(one, names))
        if one["kind"] in ("KafkaTopic", "KafkaUser"):
            cluster = one["metadata"].get("labels", {}).get("strimzi.io/cluster")
            if ("Kafka", cluster) not in names:
                yield f"{_name(one)}: its label names no Kafka"


def _denies_all(spec: Manifest) -> bool:
    empty = spec["podSelector"] == {} and "ingress" not in spec and "egress" not in spec
    return empty and set(spec.get("policyTypes", ())) == {"Ingress", "Egress"}


def _pod_faults(workload: Manifest, names: set[tuple[str, str]]) -> Iterator[str]:
    pod = workload["spec"]["template"]["spec"]
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser") == 0:
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares something of its node"
    if pod.get("automountServiceAccountToken", True):
        yield "has a token of the Kubernetes API"
    for volume in pod.get("volumes", ()):
        yield from _volume_faults(volume, names)
    for container in pod["containers"]:
        yield from _container_faults(container)
        yield from _environment_faults(container, names)


def _volume_faults(volume: Manifest, names: set[tuple[str, str]]) -> Iterator[str]:
    if "hostPath" in volume:
        yield f"mounts {volume['hostPath']['path']} of its node"
    if "configMap" in volume and ("ConfigMap", volume["configMap"]["name"]) not in names:
        yield f"ConfigMap {volume['configMap']['name']} is not there"
    claim = volume.get("persistentVolumeClaim", {}).get("claimName")
    if claim is not None and ("PersistentVolumeClaim", claim) not in names:
        yield f"PersistentVolumeClaim {claim} is not there"
    if "secret" in volume:
        yield from _secret_faults(volume["secret"]["secretName"], names)


def _container_faults(container: Manifest) -> Iterator[str]:
    security, resources = container.get("securityContext", {}), container.get("resources", {})
    if security.get("allowPrivilegeEscalation", True) or security.get("privileged"):
        yield "may get privileges"
    if security.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "keeps capabilities"
    if not security.get("readOnlyRootFilesystem"):
        yield "may write to its root file system"
    if "memory" not in resources.get("limits", {}) or not resources.get("requests"):
        yield "has no resources"
    if ":" not in container["image"] or container["image"].endswith(":latest"):
        yield f"image {container['image']} is not pinned"


def _environment_faults(container: Manifest, names: set[tuple[str, str]]) -> Iterator[str]:
    for source in container.get("envFrom", ()):
        if "configMapRef" in source and ("ConfigMap", source["configMapRef"]["name"]) not in names:
            yield f"ConfigMap {source['configMapRef']['name']} is not there"
    for variable in container.get("env", ()):
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        if reference:
            yield from _secret_faults(reference["name"], names)
        elif any(word in variable["name"] for word in ("PASSWORD", "TOKEN", "SECRET")):
            yield f"{variable['name']} is in the open"


def _secret_faults(name: str, names: set[tuple[str, str]]) -> Iterator[str]:
    if name not in OWN_SECRETS and ("KafkaUser", name) not in names:
        yield f"nobody makes the Secret {name}"


def _workload_faults(workload: Manifest) -> Iterator[str]:
    spec = workload["spec"]
    labels = spec["template"]["metadata"]["labels"]
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        yield "its selector does not match its pods"
    pod = spec["template"]["spec"]
    if pod.get("terminationGracePeriodSeconds", 30) < 45:
        yield "has less than 45 s to end"
    for container in pod["containers"]:
        if "readinessProbe" not in container:
            yield "has no readiness probe"
        if "livenessProbe" in container:
            yield "has a liveness probe, which would restart it while Kafka is away"
    if workload["kind"] == "Deployment" and spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge") != 0:
        yield "starts a pod more during an update"


def _selected(selector: Manifest, resources: list[Manifest]) -> list[Manifest]:
    wanted = selector.get("matchLabels", {}).items()
    pods = [one["spec"]["template"] for one in resources if one["kind"] in _PODS]
    return [pod for pod in pods if wanted <= pod["metadata"]["labels"].items()]


def _scaling_faults(scaled: Manifest, resources: list[Manifest], names: set[tuple[str, str]]) -> Iterator[str]:
    spec = scaled["spec"]
    if ("Deployment", spec["scaleTargetRef"]["name"]) not in names:
        yield f"scales {spec['scaleTargetRef']['name']}, which is not there"
    if spec.get("minReplicaCount", 0) < 1:
        yield "may scale to none"
    topics = [one for one in resources if one["kind"] == "KafkaTopic"]
    partitions = {one["metadata"]["name"]: one["spec"]["partitions"] for one in topics}
    for trigger in spec["triggers"]:
        topic = trigger["metadata"].get("topic")
        if topic is not None and topic not in partitions:
            yield f"measures topic {topic}, which is not there"
        elif topic is not None and spec["maxReplicaCount"] > partitions[topic]:
            yield "has more replicas than partitions"
        reference = trigger.get("authenticationRef", {}).get("name")
        if reference is not None and ("TriggerAuthentication", reference) not in names:
            yield f"TriggerAuthentication {reference} is not there"


def _user_faults(user: Manifest, names: set[tuple[str, str]]) -> Iterator[str]:
    if user["spec"].get("authentication", {}).get("type") != "scram-sha-512":
        yield "has no SCRAM-SHA-512"
    if user["spec"].get("authorization", {}).get("type") != "simple":
        yield "has no ACLs"
        return
    for acl in user["spec"]["authorization"]["acls"]:
        resource = acl["resource"]
        if "All" in acl["operations"] or resource.get("name") == "*" or resource.get("patternType") == "prefix":
            yield f"may do too much on the {resource['type']} {resource.get('name')}"
        elif resource["type"] == "topic" and ("KafkaTopic", resource["name"]) not in names:
            yield f"topic {resource['name']} is not there"


def _name(resource: Manifest) -> str:
    return f"{resource.get('kind')} {resource.get('metadata', {}).get('name')}"


def _server_faults(overlays: Mapping[str, list[Manifest]], definitions: Path | None) -> Iterator[str]:
    """Yield what a real server refuses; says so where there is none."""
    program = server_program()
    if program is None or definitions is None:
        print("skipped: dry run on a server (PULSO_KUBE_APISERVER and definitions of custom resources)")
        return
    try:
        with running_server(program) as server:
            for overlay, resources in overlays.items():
                known = prepare(server, resources, definitions)
                yield from (f"{overlay}, server: {fault}" for fault in server.faults(known))
                print(f"{overlay}: {len(known)} resources tried on a server")
    except ServerError as error:
        yield f"server: {error}"


def main() -> int:
    """Check every overlay; return the exit status."""
    try:
        overlays = {overlay.name: build(overlay) for overlay in sorted(OVERLAYS.iterdir())}
    except MissingProgramError as error:
        print(f"skipped: {error}")
        return 0
    folder = crds_folder()
    schemas = crd_schemas(folder) if folder else {}
    if not schemas:
        print("skipped: custom resources, whose definitions are not here (PULSO_KUBERNETES_CRDS)")
    found: list[str] = []
    checked: list[Manifest] = []
    for overlay, resources in overlays.items():
        for one in (one for one in resources if one not in checked):
            found += [f"{overlay}: {_name(one)}: {fault}" for fault in schema_faults(one, schemas)]
            checked.append(one)
        found += [f"{overlay}: {fault}" for fault in faults_between(resources)]
        print(f"{overlay}: {len(resources)} resources")
    found += _server_faults(overlays, folder)
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
