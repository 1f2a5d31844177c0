"""`pulso demo` as a person runs it: its exit status, what it prints, and the report against Kafka's own counts."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack

BEGIN = datetime(2026, 3, 6, 17, tzinfo=UTC)


def demo(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the command in a folder of its own, without the settings of whoever runs the tests."""
    report = folder / "report.json"
    around = {name: value for name, value in os.environ.items() if not name.startswith("PULSO_") or "CACHE" in name}
    ended = subprocess.run(
        [sys.executable, "-m", "stream.cli", "demo", *arguments, "--report", str(report)],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
        env=around | {"PULSO_DATA": str(folder / "data")},
    )
    return ended, json.loads(report.read_text()) if report.is_file() else {}


@pytest.mark.timeout(600)
def test_an_evening_reaches_redis_and_prometheus_and_ends_by_itself(tmp_path: Path) -> None:
    ended, report = demo(tmp_path, "--seconds", "60")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for name in ("camera.frames", "pos.sales", "support.emails", "audio.snippets"):
        topic = report["topics"][name]
        assert topic["events_in"] == topic["sent_by_demo"] > 0, name
        assert all(out > 0 for out in topic["results_out"].values()), name
    assert (
        report["topics"]["support.emails"]["results_out"]["support.triage"]
        == (report["topics"]["support.emails"]["events_in"])
    ), "no mail is left out, however high the speed"
    assert report["alerts"]["raised"] > 0
    assert set(report["alerts"]["raised_by_audience"]) >= {"security", "bar", "support"}
    assert report["alerts"]["seconds_from_event"]["p50"] > 0
    assert report["prometheus"]["targets_up"] == report["prometheus"]["targets"] == 5
    assert report["prometheus"]["values"]["workers_ready"] == 5
    assert not any(report["dead_letters"].values())
    assert "What flowed" in ended.stdout
    assert list((tmp_path / "data" / "demo").iterdir()) == [], "nothing is left behind"


@pytest.mark.timeout(600)
def test_a_stream_that_brings_nothing_fails_the_demo(tmp_path: Path) -> None:
    """Real input in the documented layout; its music is no music."""
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
    ended, report = demo(tmp_path, "--data", str(data), "--seconds", "30")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "nothing came on music.tags" in ended.stdout
    assert report["topics"]["audio.snippets"]["dead_letters"] == report["topics"]["audio.snippets"]["events_in"] > 0
    assert report["topics"]["pos.sales"]["results_out"]["demand.forecasts"] > 0
    assert report["topics"]["support.emails"]["results_out"]["support.triage"] > 0


def test_a_folder_without_data_is_explained_before_anything_starts(tmp_path: Path) -> None:
    ended, report = demo(tmp_path, "--data", str(tmp_path), "--seconds", "30")
    assert (ended.returncode, report) == (2, {})
    assert "violence/clips.jsonl" in ended.stdout, "the message shows the layout"


def _write(file: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([columns, *rows])
