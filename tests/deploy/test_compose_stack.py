"""The image and docker-compose.yml on a real Docker engine: `make compose-test`, where there is one.

Services whose image the engine neither has nor can fetch are left out, and named in a warning.
"""

from __future__ import annotations

import functools
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from stream.runtime.addresses import listening_socket
from stream.runtime.settings import ROOT

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("PULSO_COMPOSE_TEST"), reason="builds an image: `make compose-test`"),
]

MAX_OWN_BYTES = 1.45e9
"""Size of all layers but the base image's, bytes: a little above what it is."""

PUBLISHED = ("KAFKA", "REDIS", "PROMETHEUS", "GRAFANA", "TILLS", "CONSOLE")
OPTIONAL = {"grafana"}
"""Services that nothing else waits for."""

START_SECONDS = 600


def run(*command: str, seconds: float = 120) -> str:
    """Run a command; return its output."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT, env=os.environ | builder()
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{(done.stdout + done.stderr)[-3000:]}"
    return done.stdout


def succeeds(*command: str) -> bool:
    """Run a command; return whether it succeeded."""
    return subprocess.run(command, capture_output=True, timeout=600, check=False).returncode == 0


@functools.cache
def builder() -> dict[str, str]:
    """Return the variable that chooses the older builder where the newer one is not installed."""
    return {} if succeeds("docker", "buildx", "version") else {"DOCKER_BUILDKIT": "0"}


def free_port() -> int:
    with listening_socket("127.0.0.1", 0) as socket:
        port: int = socket.getsockname()[1]
    return port


class Project:
    """The services of docker-compose.yml on ports and volumes of their own."""

    def __init__(self, folder: Path) -> None:
        self.name = f"pulso-test-{secrets.token_hex(4)}"
        self.ports = {name: free_port() for name in PUBLISHED}
        self.token = secrets.token_hex(16)
        self._file = folder / "variables"
        variables = {f"PULSO_{name}_PORT": str(port) for name, port in self.ports.items()}
        variables |= {f"PULSO_{name}_PASSWORD": secrets.token_hex(16) for name in ("KAFKA", "REDIS")}
        variables["PULSO_TILL_TOKEN"] = self.token
        self._file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")

    def compose(self, *arguments: str, seconds: float = 120) -> str:
        """Run docker-compose for this project."""
        return run("docker-compose", "-p", self.name, "--env-file", str(self._file), *arguments, seconds=seconds)

    def available(self) -> list[str]:
        """Return the services whose image is there or can be fetched."""
        services: dict[str, Any] = yaml.safe_load(self.compose("config"))["services"]
        names = []
        for name, service in services.items():
            image = service["image"]
            if not succeeds("docker", "image", "inspect", image) and not succeeds("docker", "pull", "-q", image):
                assert name in OPTIONAL, f"the engine has no {image} and can't fetch it"
                warnings.warn(f"{name} is not tried: the engine has no {image}", stacklevel=2)
                continue
            names.append(name)
        return names

    def sell(self, name: str, again: int = 1) -> None:
        """Sell two beers, by a ticket that is sent some times."""
        lines = [{"product": "beer", "quantity": 2}]
        ticket = {"id": name, "bar": "north", "till": "1", "time": datetime.now(UTC).isoformat(), "lines": lines}
        for _ in range(again):
            url, headers = (
                f"http://127.0.0.1:{self.ports['TILLS']}/v1/tickets",
                {"Authorization": f"Bearer {self.token}"},
            )
            answer = httpx.post(url, json=ticket, headers=headers, timeout=30)
            assert answer.status_code == 202, answer.text

    def health(self) -> dict[str, str]:
        """Return "healthy", "starting" or the state of each container, by service."""
        states = {}
        for container in self.compose("ps", "-q", "-a").split():
            (found,) = json.loads(run("docker", "inspect", container))
            state = found["State"]
            service = found["Config"]["Labels"]["com.docker.compose.service"]
            states[service] = state.get("Health", {}).get("Status") or f"{state['Status']} {state['ExitCode']}"
        return states


def engine_is_missing() -> str:
    """Return why no engine can be used, or nothing."""
    for program in ("docker", "docker-compose"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    found = subprocess.run(["docker", "info"], capture_output=True, text=True, timeout=60, check=False)
    return found.stderr[-300:] if found.returncode else ""


@pytest.fixture(scope="module")
def image() -> str:
    """Return the tag of the image, built now."""
    if reason := engine_is_missing():
        pytest.skip(reason)
    tag: str = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["x-pulso"]["image"]
    run("docker", "build", "--network", "host", "-t", tag, "-f", "deploy/docker/Dockerfile", ".", seconds=3000)
    return tag


@pytest.fixture(scope="module")
def project(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Start everything that can be started; stop and remove it, with its volumes."""
    del image
    project = Project(tmp_path_factory.mktemp("compose"))
    try:
        project.compose("up", "-d", "--no-build", *project.available(), seconds=START_SECONDS)
        yield project
    finally:
        project.compose("down", "-v", seconds=300)


def test_image_is_small(image: str) -> None:
    (found,) = json.loads(run("docker", "image", "inspect", image))
    base = json.loads(run("docker", "image", "inspect", "python:3.11-slim-bookworm"))[0]
    own = found["Size"] - base["Size"]
    print(f"{found['Size'] / 1e9:.2f} GB, of which {own / 1e9:.2f} GB are not the base image")
    assert own < MAX_OWN_BYTES


def test_services_become_healthy_and_book_a_ticket_exactly(project: Project) -> None:
    began = time.monotonic()
    seconds: dict[str, float] = {}
    while time.monotonic() - began < START_SECONDS:
        states = project.health()
        for service, state in states.items():
            if state in ("healthy", "exited 0"):
                seconds.setdefault(service, time.monotonic() - began)
        if len(seconds) == len(states):
            break
        time.sleep(1)
    print({service: round(taken) for service, taken in seconds.items()})
    assert len(seconds) == len(states), states
    project.sell("t-1", again=2)
    assert httpx.get(f"http://127.0.0.1:{project.ports['CONSOLE']}/healthz", timeout=30).status_code == 200
    shown = ""
    # A bar's forecast is made anew when a ticket comes in a later minute.
    for number in range(2, 40):
        if "1 tickets came again" in shown:
            break
        project.sell(f"t-{number}")
        shown = project.compose("exec", "-T", "bars", "python", "-m", "stream.commands.cli", "stock", "show")
        time.sleep(5)
    assert "1 tickets came again" in shown, shown
    row = re.search(r"beer\D+(\d+)\D+([\d,]+)", shown)
    assert row is not None, shown
    sold, left = (int(cell.replace(",", "")) for cell in row.groups())
    assert sold % 2 == 0, shown
    assert sold + left == 1350, shown
