"""Tests of `pulso up` as a user runs it: start, use, dead letters, stop, and start again with all state."""

from __future__ import annotations

import json
import os
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

from schemas.bars import DEMAND, SALES, DemandForecast, SaleLine, Ticket
from schemas.crowd import CROWD, CrowdCount
from schemas.music import TAGS
from stream.commands.alerts import open_alerts
from stream.runtime.producer import EventProducer
from stream.runtime.settings import ROOT, Settings
from stream.runtime.topic_reader import read_all
from tests.e2e.own_festival import FAINTED, OwnFestival

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def pulso(data: Path, *arguments: str, venue: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PULSO_DATA": str(data), "COLUMNS": "200"}
    if venue:
        environment["PULSO_VENUE"] = str(venue)
    return subprocess.run(
        [sys.executable, "-m", "stream.commands.cli", *arguments], env=environment, cwd=ROOT, capture_output=True,
        text=True, timeout=400, check=False,
    )  # fmt: skip


def processes(data: Path) -> list[str]:
    """Return the commands of all processes that use a data folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"PULSO_DATA={data}".encode() in environment.split(b"\0") or str(data) in command:
                found.append(command)
    return found


def sell(settings: Settings, number: int, bar: str = "north") -> None:
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=2 * number)
    ticket = Ticket(id=f"t{number}-{bar}", bar=bar, till="1", time=at, lines=(SaleLine(product="beer", quantity=2),))
    with EventProducer(settings) as producer:
        producer.send(SALES, key=bar, value=ticket, id=ticket.id, source="test", time=at)


def sold(settings: Settings, wanted: int) -> float:
    end = time.monotonic() + 60
    found = -1.0
    while time.monotonic() < end:
        values = [message.value() or b"" for message in read_all(settings, DEMAND.name)]
        forecasts = [msgspec.json.decode(value, type=DemandForecast) for value in values]
        found = max((forecast.products[0].sold for forecast in forecasts), default=-1.0)
        if found >= wanted:
            break
        time.sleep(0.5)
    return found


def stack_of(data: Path) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((data / "stack.json").read_text(encoding="utf-8"))
    return stack


def test_up_keeps_state_over_down_and_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use own sources: a video file, an HTTP camera, a stage over HTTP, a mailbox, a till and a phone."""
    data = tmp_path / "data"
    festival = OwnFestival(tmp_path / "mine")
    for name, value in festival.environment.items():
        monkeypatch.setenv(name, value)
    checked = pulso(data, "check", str(festival.venue))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with festival:
        kafka = _first_evening(data, festival)
    again = pulso(data, "up", "--detach", "--no-sources", venue=festival.venue)
    assert again.returncode == 0, again.stdout + again.stderr
    try:
        settings = Settings(data=data).connected()
        sell(settings, 2)
        assert sold(settings, 4) == 4, "the bar remembers the first evening"
        assert stack_of(data)["endpoints"]["kafka"] == kafka, "clients find the broker again"
        os.kill(stack_of(data)["pid"], signal.SIGINT)
        end = time.monotonic() + 90
        while processes(data) and time.monotonic() < end:
            time.sleep(0.3)
        assert processes(data) == [], "Ctrl-C stops all"
    finally:
        pulso(data, "down")


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
        running = stack_of(data) if process.poll() is None else {}
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0, log.read_text()
    assert {"kafka", "redis", "alerts", "console"} <= set(running["children"])
    assert "stopped." in log.read_text()
    assert processes(data) == []


def _first_evening(data: Path, festival: OwnFestival) -> str:
    """Use every input once, and return Kafka's address."""
    try:
        first = pulso(data, "up", "--detach", venue=festival.venue)
        assert first.returncode == 0, first.stdout + first.stderr
        assert pulso(data, "up", "--detach", venue=festival.venue).returncode == 1, "it runs already"
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
        endpoints = stack_of(data)["endpoints"]
        assert httpx.get(f"{endpoints['console']}/healthz").is_success
        assert "<html" in httpx.get(endpoints["console"], follow_redirects=True).text
        assert (data / "till-token").stat().st_mode & 0o077 == 0

        assert "new topics: none" in pulso(data, "topics", "--create").stdout
        sell_by_till(data, 1)
        assert sold(settings, 2) == 2
        sell(settings, 1, bar="moon")
        listed = _listed(data)
        assert "moon" in listed
        assert "no bar" in listed
        shown = pulso(data, "dead", "show", "pos.sales", "0").stdout
        assert "moon" in shown
        assert "content" in shown
        assert pulso(data, "dead", "replay", "pos.sales").returncode == 0
        targets = _targets(endpoints["prometheus"])
        assert {"vision", "bars", "support", "music", "alerts", "sources"} <= set(targets)
        festival.mail(FAINTED)
        alert = seen("the mail's alert", lambda: [a for a in open_alerts(settings) if a.rule == "mail-urgent"])[0]
        assert alert.audience == ("security", "support")
        done = pulso(data, "alerts", "acknowledge", alert.key, "--by", "ana")
        assert done.returncode == 0, done.stdout + done.stderr
        seen("ana has it", lambda: [a for a in open_alerts(settings) if a.acknowledged_by == "ana"])
        seen("the phone rang", lambda: [told for told in festival.told if "fainted" in told])
        for camera in ("gate-east", "bar-square"):
            counts = seen(camera, lambda camera=camera: heads(settings, camera))
            assert max(counts) > 30, "a gate with people"
        seen("the stage is heard", lambda: [m for m in read_all(settings, TAGS.name) if m.key() == b"main"])
    finally:
        stopped = pulso(data, "down")
    assert "Stopped" in stopped.stdout
    assert pulso(data, "status").returncode == 1
    assert processes(data) == []
    return str(endpoints["kafka"])


def sell_by_till(data: Path, number: int) -> None:
    """Send a ticket as a till does, with the credentials that `pulso up` left in the data folder."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=2 * number)
    ticket = {"id": f"t{number}", "bar": "north", "till": "1", "time": at.isoformat(), "lines": [
        {"product": "beer", "quantity": 2, "unit_price": 4.5}
    ]}  # fmt: skip
    address = json.loads((data / "tills.json").read_text(encoding="utf-8"))["url"]
    token = (data / "till-token").read_text(encoding="utf-8").strip()
    answer = httpx.post(address, json=ticket, headers={"Authorization": f"Bearer {token}"})
    assert answer.is_success, answer.text


Found = TypeVar("Found")


def seen(what: str, look: Callable[[], list[Found]]) -> list[Found]:
    """Check the state after the restart."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not seen within two minutes: {what}")


def heads(settings: Settings, camera: str) -> list[float]:
    """Return the counts of one camera."""
    values = [message.value() or b"" for message in read_all(settings, CROWD.name) if message.key() == camera.encode()]
    return [count.persons for value in values if (count := msgspec.json.decode(value, type=CrowdCount)).persons]


def _listed(data: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        listed = pulso(data, "dead", "list").stdout
        if "pos.sales" in listed:
            return listed
        time.sleep(1)
    return listed


def _targets(prometheus: str) -> list[str]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        active = httpx.get(f"{prometheus}/api/v1/targets").json()["data"]["activeTargets"]
        up = [target["labels"].get("component", "") for target in active if target["health"] == "up"]
        if len(up) >= 6:
            break
        time.sleep(1)
    return up


def test_up_explains_invalid_venue_file_before_start(tmp_path: Path) -> None:
    venue = tmp_path / "venue.yaml"
    venue.write_text("name: x\nzonse: []\n", encoding="utf-8")
    done = pulso(tmp_path / "data", "up", venue=venue)
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "did you mean zones" in done.stderr
    checked = pulso(tmp_path / "data", "check", str(venue))
    assert checked.returncode != 0
