"""Tests of `pulso demo` as a user runs it: exit status, output, and the report against Kafka's own counts."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.test_grafana import GRAFANA, board, queries

pytestmark = pytest.mark.stack

BEGIN = datetime(2026, 3, 6, 17, tzinfo=UTC)


PANELS_WITHOUT_DATA = {
    "pulso_source_": "the demo plays its events itself: no source runs",
    "pulso_sources_silent": "for the same reason",
    "pulso_microphone_": "for the same reason",
    "pulso_lights_": "no lighting desk is there",
    "pulso_visuals_": "the demo sends the frames of visuals itself",
    "pulso_sign_silence": "nor is a display of a sign",
    "pulso_sign_shown": "for the same reason",
    "pulso_sign_display": "for the same reason",
    'rule=~"sign-': "for the same reason",
    "pulso_caption_": "nobody speaks on a stage: its weights are not there everywhere",
    'rule=~"captions-': "for the same reason",
    "pulso_watchdog_": "no address is set that expects signs of life",
    "pulso_till_": "the clocks of all tills are right",
    "pulso_events_ahead": "so are all others",
    "pulso_notifications_": "its venue file names no contacts",
    "pulso_alert_precision": "nobody judges an alert while a test runs",
    'rule=~"stage-': "in an evening of one minute the silence is too short to be detected",
    "pulso_tickets_": "the demo's festival sells no tickets",
    "pulso_promotion_response_rate": "nobody begins a campaign in the demo",
    "pulso_moment_bursts": "an evening of one minute may have no burst",
    "pulso_model_drift_psi": "drift needs more music than one minute has",
}
"""Panels that may have no data, and the reason."""


class PanelQueries:
    """Runs every panel query against the demo's Prometheus until each has returned data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._without_data = {(str(one.id), one.values[1]): one.values[0] for one in queries()}

    def repeat_queries(self) -> None:
        """Repeat the queries without data so far."""
        for file in self._data.glob("demo/*/ports.json"):
            port = json.loads(file.read_text(encoding="utf-8")).get("prometheus")
            if port is None:
                continue
            with suppress(httpx.HTTPError), httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                for one, board_file in list(self._without_data.items()):
                    if self._has_data(client, one[1], board_file):
                        del self._without_data[one]

    def _has_data(self, client: httpx.Client, query: str, file: Path) -> bool:
        for name, value in GRAFANA.items():
            query = query.replace(name, value)
        for variable in board(file)["templating"]["list"]:
            query = query.replace(f"${variable['name']}", variable["allValue"])
        answer = client.post("/api/v1/query", data={"query": query})
        answer.raise_for_status()  # it may be starting or stopping
        return bool(answer.json()["data"]["result"])

    def panels_without_data(self) -> list[str]:
        """Return the panels that never had data though a demo should fill them."""
        return [name for name, query in self._without_data if not any(part in query for part in PANELS_WITHOUT_DATA)]


def run_demo(
    folder: Path, *arguments: str, while_running: Callable[[], None] = lambda: None
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the command in a folder of its own, without the user's settings."""
    report = folder / "report.json"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PULSO_") or "CACHE" in name
    }
    command = [sys.executable, "-m", "stream.commands.cli", "demo", *arguments, "--report", str(report)]
    environment = environment | {"PULSO_DATA": str(folder / "data")}
    deadline = time.monotonic() + 540
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=3)
                break
            except subprocess.TimeoutExpired:
                while_running()
            if time.monotonic() > deadline:
                process.kill()
    completed = subprocess.CompletedProcess(command, process.returncode, out, err)
    return completed, json.loads(report.read_text()) if report.is_file() else {}


@pytest.mark.timeout(600)
def test_demo_reaches_redis_and_prometheus_and_ends(tmp_path: Path) -> None:
    panels = PanelQueries(tmp_path / "data")
    completed, report = run_demo(tmp_path, "--seconds", "60", while_running=panels.repeat_queries)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    inputs = (
        "camera.frames",
        "pos.sales",
        "audio.snippets",
        "listening.taste",
        "itinerary.wishes",
        "assistant.questions",
    )
    for name in (*inputs, "support.emails"):
        topic = report["topics"][name]
        assert topic["events_in"] >= topic["sent_by_demo"] > 0, name
        assert name not in inputs or topic["events_in"] == topic["sent_by_demo"], name
        assert all(out > 0 for out in topic["results_out"].values()), name
    mails = report["topics"]["support.emails"]
    assert mails["results_out"]["support.triage"] == mails["events_in"], "no mail is left out, however high the speed"
    handed_over = sum(step["facts"].get("to_support_desk", 0) for step in report["story"])
    assert mails["events_in"] == mails["sent_by_demo"] + handed_over, "and those of the assistant"
    assert report["alerts"]["raised"] > 0
    assert set(report["alerts"]["raised_by_audience"]) >= {"security", "bar", "support"}
    assert report["alerts"]["seconds_from_event"]["p50"] > 0
    assert report["prometheus"]["targets_up"] == report["prometheus"]["targets"] == 6
    assert report["prometheus"]["values"]["workers_ready"] == 6
    assert not any(report["dead_letters"].values())
    check_story(report["story"], completed.stdout)
    assert panels.panels_without_data() == [], "every panel of Grafana has data"
    assert "Events and results" in completed.stdout
    assert list((tmp_path / "data" / "demo").iterdir()) == [], "nothing is left behind"


EXPECTED_ALERTS = {
    "gas": [("mail-urgent", ["security", "support"])],
    "toilet-queue": [("queue-long", ["bar", "production", "security"])],
    "blind-camera": [("camera-blind", ["production", "security"])],
    "top-up": [("mail-surge", ["support"])],
    "break": [("stock-out", ["bar"])],
    "blocked-exit": [("bottleneck", ["security"])],
    "gate-fills": [("crowd-forecast", ["security"]), ("crowd-capacity", ["security"])],
    "crush-mail": [("mail-urgent", ["security", "support"])],
    "fight": [("violence", ["security"])],
    "headliner": [("crowd-capacity", ["security"])],
    "danger-asked": [("assistant-danger", ["security"])],
    "fainted": [("mail-urgent", ["security", "support"])],
}
"""Steps of the story: the expected alerts in order, and their audiences."""
STEPS_WITHOUT_ALERTS = {
    "till-offline", "till-back", "rain", "plans", "questions", "path-closed", "set-moved", "stage-full"
}  # fmt: skip
UNDETECTABLE_STEPS = {"silent-stage"}
"""Steps that are too short to be detected in an evening of a minute."""


def check_story(story: list[dict[str, Any]], output: str) -> None:
    """Check that every story step raised its alerts in order, for the right audiences."""
    steps = {beat["beat"]: beat for beat in story}
    assert set(EXPECTED_ALERTS) | UNDETECTABLE_STEPS | STEPS_WITHOUT_ALERTS == set(steps)
    for name, expected in EXPECTED_ALERTS.items():
        alerts = [(answer["rule"], answer["audience"]) for answer in steps[name]["answers"]]
        assert alerts == expected, name
    missed = {name for name, beat in steps.items() if not beat["as_expected"]} - UNDETECTABLE_STEPS
    if None in steps["rain"]["facts"]["people_bars"].values():
        missed -= {"rain"}  # of some minutes: a busy machine has dropped every picture of that camera
    assert missed == set()
    forecast_at, full_at = (datetime.fromisoformat(one["raised_at"]) for one in steps["gate-fills"]["answers"])
    assert forecast_at < full_at, "the forecast came before the limit"
    till = steps["till-back"]["facts"]
    assert till["tickets_late"] > till["of_them_sent_twice"] > 0
    assert all(bar["counted"] == bar["sent_once"] for bar in till["tickets_by_bar"].values()), "each once"
    assert "story 22:46" in output and "story 23:50" in output
    moved, full = steps["set-moved"]["facts"], steps["stage-full"]["facts"]
    assert moved["told"] > moved["planned_again"] > 0 == moved["changed_silently"], "plans change only on request"
    assert steps["path-closed"]["facts"]["through_closed_path"] == 0
    assert full["sent_to"].get("main", 0) < full["sent_to"]["tent"]
    assert f"{moved['told']} were told that an act of theirs moved" in output


@pytest.mark.timeout(600)
def test_demo_fails_if_a_stream_has_no_results(tmp_path: Path) -> None:
    """Write real input in the documented layout, with invalid music."""
    data = tmp_path / "festival"
    _write(data / "demand" / "orders.csv", ["ordered_at", "order_id", "product", "quantity", "unit_price"], [
        ((BEGIN + timedelta(minutes=number)).isoformat(), number, ("Beer", "Water")[number % 2], 1 + number % 3, 4.5)
        for number in range(300)
    ])  # fmt: skip
    _write(data / "text" / "questions.csv", ("text", "intent"), [
        (text.format(number), intent)
        for number in range(40)
        for text, intent in (("Where is gate {}?", "way"), ("¿Puedo devolver la entrada {}?", "refund"))
    ])  # fmt: skip
    _write(data / "audio" / "mood.csv", ("clip", "mood"), [("noise.ogg", "happy")])
    (data / "audio" / "noise.ogg").write_bytes(b"not a sound" * 100)
    completed, report = run_demo(tmp_path, "--data", str(data), "--seconds", "30")
    assert completed.returncode == 1, completed.stdout + completed.stderr
    assert "no result arrived on music.tags" in completed.stdout
    assert report["topics"]["audio.snippets"]["dead_letters"] == report["topics"]["audio.snippets"]["events_in"] > 0
    assert report["topics"]["pos.sales"]["results_out"]["demand.forecasts"] > 0
    assert report["topics"]["support.emails"]["results_out"]["support.triage"] > 0


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGKILL])
def test_demo_leaves_nothing_behind_when_terminated(tmp_path: Path, stop_signal: signal.Signals) -> None:
    variable = f"PULSO_DATA={tmp_path}"
    environment = os.environ | {"PULSO_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "stream.commands.cli", "demo", "--seconds", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert next((line for line in process.stdout if line.startswith("console:")), None), "the demo has started"
        assert len(processes_with(variable)) > 5, "servers and workers run"
        process.send_signal(stop_signal)
        process.stdout.read()  # to its end: a process that is left behind would keep it open
    end = time.monotonic() + 60
    while processes_with(variable) and time.monotonic() < end:
        time.sleep(0.2)
    assert processes_with(variable) == []


def processes_with(variable: str) -> list[str]:
    """Return the command lines of processes with a value in their environment."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable.encode() in (process / "environ").read_bytes():
                commands.append((process / "cmdline").read_text(errors="replace").replace("\0", " "))
    return commands


def test_demo_explains_empty_data_folder_before_start(tmp_path: Path) -> None:
    completed, report = run_demo(tmp_path, "--data", str(tmp_path), "--seconds", "30")
    assert (completed.returncode, report) == (2, {})
    assert "violence/clips.jsonl" in completed.stderr, "the message shows the layout"


def _write(file: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([columns, *rows])
