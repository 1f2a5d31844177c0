"""Tests that docker-compose accepts docker-compose.yml, and that its services are consistent."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.topic import MEDIA_BYTES
from stream.features import registry
from stream.local.compose import rendered
from stream.local.kafka import VERSION
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

ROOT = Path(__file__).parent.parent.parent
DOCKER = ROOT / "deploy" / "docker"
OWN_SERVICES = {*registry.workers(), "sources", "console", "topics"}
PASSWORDS = {"PULSO_KAFKA_PASSWORD": "of-kafka", "PULSO_REDIS_PASSWORD": "of-redis"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the parsed Compose file, with both passwords and without variables of this machine."""
    result = run_compose_config(tmp_path_factory.mktemp("compose"), PASSWORDS)
    assert result.returncode == 0, result.stderr
    return yaml.safe_load(result.stdout)


def run_compose_config(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `docker-compose config` with the given variables only."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is missing: install the package docker-compose")
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return subprocess.run(
        [program, "--env-file", str(file), "-f", str(ROOT / "docker-compose.yml"), "config"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )


@pytest.mark.parametrize("missing", PASSWORDS)
def test_compose_requires_every_password(tmp_path: Path, missing: str) -> None:
    result = run_compose_config(tmp_path, {name: value for name, value in PASSWORDS.items() if name != missing})
    assert result.returncode != 0
    assert "deploy/docker/passwords" in result.stderr
    output = subprocess.run([DOCKER / "passwords"], capture_output=True, text=True, timeout=20, check=True).stdout
    assert {line.partition("=")[0] for line in output.splitlines()} == set(PASSWORDS)
    assert all(re.fullmatch(r"[0-9a-f]{48}", line.partition("=")[2]) for line in output.splitlines())


@pytest.fixture(scope="module")
def services(project: Any) -> dict[str, Any]:
    services: dict[str, Any] = project["services"]
    return services


def published_ports(service: dict[str, Any]) -> dict[int, str]:
    """Return the host address by container port."""
    return {int(port.rsplit(":", 1)[1].split("/")[0]): port.rsplit(":", 1)[0] for port in service.get("ports", [])}


def test_compose_has_every_service(services: dict[str, Any]) -> None:
    assert set(services) == OWN_SERVICES | {"kafka", "redis", "prometheus", "grafana"}


def test_compose_services_have_health_checks(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"topics"}


def test_compose_dependencies_wait_for_health(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other == "topics" else "service_healthy"
            assert condition["condition"] == expected, f"{name} → {other}"
    for name in OWN_SERVICES - {"topics"}:
        assert {"kafka", "topics"} <= set(services[name]["depends_on"]), name
    assert "redis" in services["alerts"]["depends_on"]
    assert "kafka" in services["topics"]["depends_on"]


def test_compose_images_are_pinned(services: dict[str, Any]) -> None:
    for name, service in services.items():
        tag = service["image"].partition(":")[2]
        assert re.match(r"v?\d+\.\d+\.\d+$", tag), f"{name}: {service['image']}"
    for base in re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE):
        assert base == "python:3.11-slim-bookworm"


def test_compose_kafka_version_equals_tested_version(services: dict[str, Any]) -> None:
    assert services["kafka"]["image"] == f"apache/kafka:{VERSION}"
    assert int(services["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"]) == MEDIA_BYTES
    assert services["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_compose_ports_are_bound_to_localhost(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for inside, outside in published_ports(service).items():
            assert outside.startswith("127.0.0.1:"), f"{name}: {outside} → {inside}"


def test_compose_data_outlives_containers(project: Any, services: dict[str, Any]) -> None:
    expected = {
        "kafka": "/var/lib/kafka/data",
        "redis": "/data",
        "prometheus": "/prometheus",
        "grafana": "/var/lib/grafana",
    }
    for name, folder in {**expected, **dict.fromkeys(OWN_SERVICES, "/var/lib/pulso")}.items():
        mounted = {target: source for source, target, _ in (v.split(":") for v in services[name]["volumes"])}
        assert mounted[folder] in project["volumes"], name


def test_compose_mounts_existing_paths(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("/") or Path(source).exists(), f"{name}: {source}"


def test_compose_variables_are_settings(services: dict[str, Any]) -> None:
    known = {f"PULSO_{name.upper()}" for name in Settings.model_fields}
    for name in OWN_SERVICES:
        environment = services[name]["environment"]
        assert {key for key in environment if key.startswith("PULSO_")} <= known, name
        assert environment["PULSO_BIND"] == "0.0.0.0"
        kafka = environment["PULSO_KAFKA"]
        assert f"PULSO://{kafka}" in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_generated_compose_parts_follow_the_features() -> None:
    for file, content in rendered().items():
        assert file.read_text(encoding="utf-8") == content, f"{file.name}: run `pulso compose render`"


def test_compose_probes_readiness_of_each_worker(services: dict[str, Any]) -> None:
    for name in registry.workers():
        assert services[name]["command"] == ["worker", name, "--metrics-port", "9100"]
        *_, url, text = services[name]["healthcheck"]["test"]
        assert (url, text) == ("http://127.0.0.1:9100/metrics", f'pulso_worker_ready{{worker="{name}"}} 1.0')


def test_prometheus_scrapes_every_metrics_endpoint(services: dict[str, Any]) -> None:
    mounted = {target: Path(source) for source, target, _ in (v.split(":") for v in services["prometheus"]["volumes"])}
    flag = next(part for part in services["prometheus"]["command"] if part.startswith("--config.file="))
    config_file = mounted["/etc/prometheus"] / Path(flag.partition("=")[2]).name
    (job,) = yaml.safe_load(config_file.read_text(encoding="utf-8"))["scrape_configs"]
    (dns,) = job["dns_sd_configs"]
    with_metrics = {name for name, service in services.items() if "--metrics-port" in service.get("command", [])}
    assert set(dns["names"]) == with_metrics
    for name in with_metrics:
        command = services[name]["command"]
        assert int(command[command.index("--metrics-port") + 1]) == dns["port"]


def test_tills_reach_the_port_of_the_venue_file(services: dict[str, Any]) -> None:
    tills = read_venue(DOCKER / "venue.yaml").tills
    assert tills is not None
    assert tills.port in published_ports(services["sources"])


def test_compose_file_contains_no_secret(services: dict[str, Any]) -> None:
    secret = re.compile("password|token|secret|api_?key", re.IGNORECASE)
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            if secret.search(key):
                assert value in ("", *PASSWORDS.values()), f"{name}: {key}"  # only from the user's environment
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"://[^/\s:@]+:[^/\s@]+@", text), "an address with a password"


def test_compose_containers_have_minimal_privileges(services: dict[str, Any]) -> None:
    for name in OWN_SERVICES:
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"], name


def test_image_installs_locked_packages_for_unprivileged_user() -> None:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text
    assert re.search(r"^USER [1-9]", text, re.MULTILINE)
    locked = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(torch|tensorflow|sentence-transformers)\b", locked, re.MULTILINE)


def test_image_sends_no_telemetry() -> None:
    """ONNX Runtime from 1.31 on reports processes and models to its maker, unless this is set before it is loaded."""
    assert "ORT_DISABLE_TELEMETRY=1" in (DOCKER / "Dockerfile").read_text(encoding="utf-8")


def test_image_build_context_contains_copied_files() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert f"!{path}" in ignored, path


@pytest.fixture
def page() -> Iterator[str]:
    """Serve a healthy and an unhealthy page."""

    class PageHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 503)
            self.end_headers()
            self.wfile.write(b'pulso_worker_ready{worker="bars"} 1.0\n')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), PageHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_container_health_check_returns_the_failure(page: str) -> None:
    failure = runpy.run_path(str(DOCKER / "healthy.py"))["failure"]
    assert failure(f"{page}/metrics") is None
    assert failure(f"{page}/metrics", 'pulso_worker_ready{worker="bars"} 1.0') is None
    assert "answers without" in failure(f"{page}/metrics", 'pulso_worker_ready{worker="vision"} 1.0')
    assert "503" in failure(f"{page}/healthz")
    assert "refused" in failure("http://127.0.0.1:1/metrics")
