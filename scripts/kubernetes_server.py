"""A real kube-apiserver with its etcd, without a cluster, for a dry run of manifests on the server's side.

Both are programs of others: etcd is Debian's package `etcd-server`, and kube-apiserver is built from its Go module in
some ten minutes (docs/operate/kubernetes.md says how). Nothing is scheduled and no pod runs; the server checks what it
would check in a cluster: its own types, custom resources against their definitions, and admission.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from stream.kubernetes.manifest import Manifest
from stream.local.ports import Ports

START_SECONDS = 120.0
"""Longest time until the server answers: some 6 s on a quiet machine."""

STOP_SECONDS = 20.0


class ServerError(Exception):
    """A server did not start, or refused what every cluster takes. The message says why."""


class KubernetesServer:
    """kubectl with the server's address and a token of its administrator."""

    def __init__(self, configuration: Path) -> None:
        self._configuration = configuration

    def kubectl(self, *arguments: str, resources: Sequence[Manifest] = ()) -> subprocess.CompletedProcess[str]:
        """Run kubectl, with resources on its standard input."""
        return subprocess.run(
            ["kubectl", f"--kubeconfig={self._configuration}", *arguments],
            input=yaml.safe_dump_all(resources), capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    def create(self, resources: Sequence[Manifest]) -> None:
        """Create resources, as the definitions of custom resources.

        Raises:
            ServerError: the server refuses one.
        """
        done = self.kubectl("apply", "--server-side", "-f", "-", resources=resources)
        if done.returncode:
            raise ServerError(done.stderr)

    def faults(self, resources: Sequence[Manifest]) -> list[str]:
        """Return why the server would refuse resources; nothing is created."""
        done = self.kubectl(
            "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", resources=resources
        )
        return [line for line in done.stderr.splitlines() if line.strip()] if done.returncode else []


@contextmanager
def running_server(program: Path) -> Iterator[KubernetesServer]:
    """Start etcd and kube-apiserver on free ports; stop both at the end.

    Args:
        program: kube-apiserver.

    Raises:
        ServerError: etcd is not installed, or one of them does not start.
    """
    for needed, package in (("etcd", "etcd-server"), ("openssl", "openssl")):
        if shutil.which(needed) is None:
            raise ServerError(f"{needed} is missing: install {package}")
    with tempfile.TemporaryDirectory(prefix="pulso-kubernetes-") as name:
        folder = Path(name)
        ports = Ports(folder / "ports.json")
        client, peer, port = ports.get("etcd"), ports.get("etcd-peer"), ports.get("kube-apiserver")
        with (
            _running(folder / "etcd.log", [
                "etcd", f"--data-dir={folder / 'etcd'}", f"--listen-client-urls=http://127.0.0.1:{client}",
                f"--advertise-client-urls=http://127.0.0.1:{client}", f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=default=http://127.0.0.1:{peer}", "--log-level=error",
            ]),
            _running(folder / "apiserver.log", _server_command(program, folder, client, port)) as server,
        ):  # fmt: skip
            kubernetes = KubernetesServer(folder / "configuration.yaml")
            _wait_until_ready(kubernetes, server, folder / "apiserver.log")
            yield kubernetes


def _server_command(program: Path, folder: Path, etcd_port: int, port: int) -> list[str]:
    key, public, token = folder / "accounts.key", folder / "accounts.pub", secrets.token_urlsafe(24)
    for command in (["genrsa", "-out", str(key)], ["rsa", "-in", str(key), "-pubout", "-out", str(public)]):
        subprocess.run(["openssl", *command], capture_output=True, check=True)
    (folder / "tokens.csv").write_text(f"{token},administrator,1,system:masters\n")
    address = f"https://127.0.0.1:{port}"
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "dry", "cluster": {"server": address, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "administrator", "user": {"token": token}}],
        "contexts": [{"name": "dry", "context": {"cluster": "dry", "user": "administrator"}}],
        "current-context": "dry",
    }
    (folder / "configuration.yaml").write_text(yaml.safe_dump(configuration))
    return [
        str(program), f"--etcd-servers=http://127.0.0.1:{etcd_port}", "--bind-address=127.0.0.1",
        f"--secure-port={port}", f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
        f"--service-account-key-file={public}", f"--service-account-signing-key-file={key}",
        f"--service-account-issuer={address}", "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
    ]  # fmt: skip


@contextmanager
def _running(log: Path, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(kubernetes: KubernetesServer, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while kubernetes.kubectl("get", "--raw=/readyz", "--request-timeout=5s").returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").splitlines()[-5:]
            raise ServerError("kube-apiserver does not start: " + " | ".join(last))
        time.sleep(0.2)
