"""Tests of `pulso up` as a user runs it: start, use, dead letters, stop, and start again with all state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest

from schemas.alerts import Alert
from schemas.bars import DEMAND, SALES, DemandForecast, SaleLine, Ticket
from schemas.crowd import CROWD, CrowdCount
from schemas.music import TAGS
from stream.commands.alerts import open_alerts
from stream.runtime.local_http import get_local
from stream.runtime.producer import EventProducer
from stream.runtime.settings import ROOT, Settings
from stream.runtime.topic_reader import read_all
from tests.e2e.festival_servers import FAINTED, FestivalServers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def pulso(data: Path, *arguments: str, venue: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PULSO_DATA": str(data), "COLUMNS": "200"}
    if venue:
        environment["PULSO_VENUE"] = str(venue)
    return subprocess.run(
        [sys.executable, "-m", "stream.commands.cli", *arguments], env=environment, cwd=ROOT, capture_output=True,
        text=True, timeout=400, check=False,
    )  # fmt: skip


def processes_of(data: Path) -> list[str]:
    """Return the commands of all processes that use a data folder."""
    commands = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"PULSO_DATA={data}".encode() in environment.split(b"\0") or str(data) in command:
                commands.append(command)
    return commands


def send_ticket(settings: Settings, number: int, bar: str = "north") -> None:
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=2 * number)
    ticket = Ticket(id=f"t{number}-{bar}", bar=bar, till="1", time=at, lines=(SaleLine(product="beer", quantity=2),))
    with EventProducer(settings) as producer:
        producer.send(SALES, key=bar, value=ticket, id=ticket.id, source="test", time=at)


def wait_for_sold_units(settings: Settings, expected: int) -> float:
    deadline = time.monotonic() + 60
    units = -1.0
    while time.monotonic() < deadline:
        values = [message.value() or b"" for message in read_all(settings, DEMAND.name)]
        forecasts = [msgspec.json.decode(value, type=DemandForecast) for value in values]
        units = max((forecast.products[0].sold for forecast in forecasts), default=-1.0)
        if units >= expected:
            break
        time.sleep(0.5)
    return units


def read_stack_file(data: Path) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((data / "stack.json").read_text(encoding="utf-8"))
    return stack


def test_up_keeps_state_over_down_and_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use own sources: a video file, an HTTP camera, a stage over HTTP, a mailbox, a till and a phone."""
    data = tmp_path / "data"
    servers = FestivalServers(tmp_path / "mine")
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    checked = pulso(data, "check", str(servers.venue))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with servers:
        kafka = use_every_input(data, servers)
    restarted = pulso(data, "up", "--detach", "--no-sources", venue=servers.venue)
    assert restarted.returncode == 0, restarted.stdout + restarted.stderr
    try:
        settings = Settings(data=data).connected()
        send_ticket(settings, 2)
        assert wait_for_sold_units(settings, 4) == 4, "the bar's state was persisted"
        assert read_stack_file(data)["endpoints"]["kafka"] == kafka, "Kafka has the same address as before"
        os.kill(read_stack_file(data)["pid"], signal.SIGINT)
        end = time.monotonic() + 90
        while processes_of(data) and time.monotonic() < end:
            time.sleep(0.3)
        assert processes_of(data) == [], "Ctrl-C stops all"
    finally:
        pulso(data, "down")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing, which makes the certificate")
def test_up_with_proxy_bind_tls_and_accents_uses_every_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in a folder of accents and spaces, on another address than 127.0.0.1, over TLS, with an absent proxy."""
    place = tmp_path / "año de Música, [1]"
    place.mkdir()
    # Dovecot's sockets need a short path.
    data, servers = place / "datos", FestivalServers(tmp_path / "mine")
    servers.venue = servers.venue.rename(place / "mi fiesta.yaml")
    certificate, key = self_signed_certificate(place)
    variables = {
        **servers.environment, "PULSO_BIND": "127.0.0.2", "PULSO_CONSOLE_CERTIFICATE": certificate,
        "PULSO_CONSOLE_KEY": key, "LC_ALL": "C", "LANG": "C",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with servers:
        use_every_input(data, servers)
    stored = sorted(path.name for path in place.iterdir())
    assert stored == sorted(["datos", servers.venue.name, certificate.name, key.name]), (
        "no folder of a misread name beside it"
    )


def self_signed_certificate(folder: Path) -> tuple[Path, Path]:
    """Create a certificate of another name than the address that the console listens on, and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pulso.example.org",
         "-keyout", "clave.pem", "-out", "certificado.pem"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return folder / "certificado.pem", folder / "clave.pem"


def test_up_in_foreground_starts_empty(tmp_path: Path) -> None:
    """Run `make up` as the first command in a checkout."""
    data, log = tmp_path / "data", tmp_path / "up.log"
    environment = {**os.environ, "PULSO_DATA": str(data)}
    command = [sys.executable, "-m", "stream.commands.cli", "up", "--no-sources"]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        end = time.monotonic() + 180
        while process.poll() is None and "Ctrl-C stops all." not in log.read_text() and time.monotonic() < end:
            time.sleep(0.3)
        running = read_stack_file(data) if process.poll() is None else {}
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0, log.read_text()
    assert {"kafka", "redis", "alerts", "console"} <= set(running["children"])
    assert "stopped." in log.read_text()
    assert processes_of(data) == []


def use_every_input(data: Path, servers: FestivalServers) -> str:
    """Use every input once, and return Kafka's address."""
    try:
        first = pulso(data, "up", "--detach", venue=servers.venue)
        assert first.returncode == 0, first.stdout + first.stderr
        assert pulso(data, "up", "--detach", venue=servers.venue).returncode == 1, "a second start is refused"
        status = pulso(data, "status")
        for part in (
            "kafka",
            "redis",
            "prometheus",
            "vision",
            "bars",
            "support",
            "music",
            "alerts",
            "console",
            "sources",
        ):
            assert part in status.stdout
        settings = Settings(data=data).connected()
        endpoints = read_stack_file(data)["endpoints"]
        assert get_local(f"{endpoints['console']}/healthz", timeout=30).is_success
        assert "<html" in get_local(endpoints["console"], timeout=30, follow_redirects=True).text
        assert (data / "till-token").stat().st_mode & 0o077 == 0

        assert "new topics: none" in pulso(data, "topics", "--create").stdout
        send_ticket_to_till_server(data, 1)
        assert wait_for_sold_units(settings, 2) == 2
        send_ticket(settings, 1, bar="moon")
        listed = wait_for_dead_letter_list(data)
        assert "moon" in listed
        assert "no bar" in listed
        details = pulso(data, "dead", "show", "pos.sales", "0").stdout
        assert "moon" in details
        assert "content" in details
        assert pulso(data, "dead", "replay", "pos.sales").returncode == 0
        targets = wait_for_prometheus_targets(endpoints["prometheus"])
        assert {"vision", "bars", "support", "music", "alerts", "sources"} <= set(targets)
        servers.deliver_mail(FAINTED)
        alert = wait_for("the mail's alert", lambda: [a for a in open_alerts(settings) if a.rule == "mail-urgent"])[0]
        assert alert.audience == ("security", "support")
        acknowledged = pulso(data, "alerts", "acknowledge", alert.key, "--by", "ana")
        assert acknowledged.returncode == 0, acknowledged.stdout + acknowledged.stderr
        wait_for("the acknowledgement by ana", lambda: [a for a in open_alerts(settings) if a.acknowledged_by == "ana"])
        wait_for("the notification on the phone", lambda: [text for text in servers.notifications if "fainted" in text])
        for camera in ("gate-east", "bar-square"):
            counts = wait_for(camera, lambda camera=camera: head_counts(settings, camera))
            assert max(counts) > 30, "a gate with people"
        see_camera_die_and_return(settings, servers)
        wait_for("the tags of the stage", lambda: [m for m in read_all(settings, TAGS.name) if m.key() == b"main"])
    finally:
        stopped = pulso(data, "down")
    assert "Stopped" in stopped.stdout
    assert pulso(data, "status").returncode == 1
    assert processes_of(data) == []
    return str(endpoints["kafka"])


def see_camera_die_and_return(settings: Settings, servers: FestivalServers) -> None:
    """Let the HTTP camera break off, until an alert says so, and come back, until the alert is over."""

    def silence() -> list[Alert]:
        return [alert for alert in open_alerts(settings) if alert.key == "camera-silent/bar-square"]

    servers.camera_is_dead = True
    wait_for("the alert of the dead camera", silence)
    servers.camera_is_dead = False
    wait_for("the end of the alert", lambda: [True] if not silence() else [])


def send_ticket_to_till_server(data: Path, number: int) -> None:
    """Send a ticket as a till does, with the credentials that `pulso up` left in the data folder."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=2 * number)
    ticket = {"id": f"t{number}", "bar": "north", "till": "1", "time": at.isoformat(), "lines": [
        {"product": "beer", "quantity": 2, "unit_price": 4.5}
    ]}  # fmt: skip
    address = json.loads((data / "tills.json").read_text(encoding="utf-8"))["url"]
    token = (data / "till-token").read_text(encoding="utf-8").strip()
    answer = httpx.post(address, json=ticket, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.is_success, answer.text


T = TypeVar("T")


def wait_for(description: str, poll: Callable[[], list[T]]) -> list[T]:
    """Poll until the result is not empty, and return it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if result := poll():
            return result
        time.sleep(0.5)
    raise AssertionError(f"not within two minutes: {description}")


def head_counts(settings: Settings, camera: str) -> list[float]:
    """Return the counts of one camera."""
    values = [message.value() or b"" for message in read_all(settings, CROWD.name) if message.key() == camera.encode()]
    return [count.persons for value in values if (count := msgspec.json.decode(value, type=CrowdCount)).persons]


def wait_for_dead_letter_list(data: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        listed = pulso(data, "dead", "list").stdout
        if "pos.sales" in listed:
            return listed
        time.sleep(1)
    return listed


def wait_for_prometheus_targets(prometheus: str) -> list[str]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        active = get_local(f"{prometheus}/api/v1/targets", timeout=30).json()["data"]["activeTargets"]
        up = [target["labels"].get("component", "") for target in active if target["health"] == "up"]
        if len(up) >= 6:
            break
        time.sleep(1)
    return up


def test_up_explains_invalid_venue_file_before_start(tmp_path: Path) -> None:
    venue = tmp_path / "venue.yaml"
    venue.write_text("name: x\nzonse: []\n", encoding="utf-8")
    result = pulso(tmp_path / "data", "up", venue=venue)
    assert result.returncode == 2
    assert "line 2" in result.stderr
    assert "did you mean zones" in result.stderr
    checked = pulso(tmp_path / "data", "check", str(venue))
    assert checked.returncode != 0
