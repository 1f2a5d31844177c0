"""`pulso sources` as `pulso up` starts it: a process, its metrics, shutdown and restart."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from schemas.bars import SALES
from schemas.cameras import FRAMES
from schemas.music import SNIPPETS
from schemas.support import MAILS
from stream.commands.cli import app
from stream.local.ports import Ports
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.sources.camera import encode_jpeg
from stream.sources.mailbox import ACKNOWLEDGE_EVERY
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack


class SourcesProcess:
    """Process that runs one source of each kind and a missing one, with its venue file."""

    def __init__(self, folder: Path, kafka: str) -> None:
        self.data = folder / "data"
        self.metrics = Ports(folder / "ports.json").get("metrics")
        for name in ("pictures", "mail", "sound"):
            (folder / name).mkdir()
        noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
        (folder / "pictures" / "a.jpg").write_bytes(encode_jpeg(noise))
        soundfile.write(folder / "sound" / "a.wav", np.sin(np.arange(12 * 8_000) / 5) * 0.3, 8_000)
        self.mail = folder / "mail"
        venue = {
            "name": "Commands", "bars": [{"id": "commands-bar"}], "tills": {"port": 0},
            "cameras": [
                {"id": "commands-gone", "url": "rtsp://127.0.0.1:1/x"},
                {"id": "commands-camera", "url": str(folder / "pictures")},
            ],
            "stages": [{"id": "commands-stage", "url": str(folder / "sound")}],
            "mailboxes": [{"id": "commands", "url": str(self.mail), "poll_seconds": 1}],
        }  # fmt: skip
        (folder / "venue.yaml").write_text(yaml.safe_dump(venue))
        self.environment = {
            **os.environ, "PULSO_KAFKA": kafka, "PULSO_DATA": str(self.data),
            "PULSO_VENUE": str(folder / "venue.yaml"), "PULSO_TILL_TOKEN": "", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.log = folder / "log"

    def deliver(self, name: str) -> None:
        draft = self.mail / f"{name}.draft"
        draft.write_bytes(f"Message-ID: <{name}>\r\nSubject: Hola\r\n\r\nHola\r\n".encode())
        draft.rename(draft.with_suffix(".eml"))

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a series of /metrics, or -1 if it is missing."""
        with suppress(httpx.TransportError):
            for line in httpx.get(f"http://127.0.0.1:{self.metrics}/metrics").text.splitlines():
                if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
                    return float(line.rsplit(" ", 1)[1])
        return -1

    @contextmanager
    def run(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the process; it must end within a minute after SIGTERM."""
        command = [sys.executable, "-m", "stream.commands.cli", "sources", "--metrics-port", str(self.metrics)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        finally:
            process.kill()
            process.wait()

    def wait_for(self, description: str, condition: Callable[[], bool], timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"{description}: not in time\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)


@pytest.mark.timeout(200)
def test_all_sources_deliver_and_a_restart_repeats_nothing(
    tmp_path: Path, broker: Settings, record_reader: RecordReader
) -> None:
    sources = SourcesProcess(tmp_path, broker.kafka or "")
    sources.deliver("commands-1")
    with sources.run() as process:
        for kind, name in (("camera", "commands-camera"), ("microphone", "commands-stage"), ("mailbox", "commands")):
            sources.wait_for(
                f"{kind} sent",
                lambda kind=kind, name=name: sources.metric(  # type: ignore[misc]
                    "pulso_source_events_total", kind=kind, source=name, outcome="sent"
                ) >= 1,
            )  # fmt: skip
            assert sources.metric("pulso_source_up", kind=kind, source=name) == 1
            assert (
                sources.metric("pulso_source_last_event_timestamp_seconds", kind=kind, source=name) > time.time() - 60
            )
        sources.wait_for(
            "the reconnects of the missing camera",
            lambda: sources.metric("pulso_source_reconnects_total", source="commands-gone") >= 1,
        )
        assert sources.metric("pulso_source_up", source="commands-gone") == 0
        url = msgspec.json.decode((sources.data / "tills.json").read_bytes())["url"]
        token = (sources.data / "till-token").read_text().strip()
        ticket = {
            "id": "commands-t1", "bar": "commands-bar", "till": "1", "time": "2026-07-04T20:00:00Z",
            "lines": [{"product": "beer", "quantity": 1}],
        }  # fmt: skip
        response = httpx.post(url, json=ticket, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert response.status_code == 202
    assert process.returncode == 0
    log = sources.log.read_text()
    assert url in log
    assert token not in log
    assert not re.search("Traceback", log), log

    sources.deliver("commands-2")
    with sources.run():
        sources.wait_for("the new mail", lambda: bool(record_reader.read(MAILS, "commands-2")))
        assert msgspec.json.decode((sources.data / "tills.json").read_bytes())["url"] == url
    assert [len(record_reader.read(MAILS, f"commands-{number}")) for number in (1, 2)] == [1, 1]
    assert len(record_reader.read(SALES, "commands-bar")) == 1
    assert record_reader.read(FRAMES, "commands-camera")
    assert record_reader.read(SNIPPETS, "commands-stage")


@pytest.mark.timeout(200)
def test_kill_loses_no_mail_and_repeats_at_most_a_batch(
    tmp_path: Path, broker: Settings, record_reader: RecordReader
) -> None:
    sources = SourcesProcess(tmp_path, broker.kafka or "")
    names = [f"killed-{number}" for number in range(1_500)]
    for name in names:
        sources.deliver(name)

    def sent_mails() -> list[tuple[str, bytes]]:
        messages = [m for m in read_all(broker, MAILS.name) if (m.key() or b"").startswith(b"killed-")]
        return [((m.key() or b"").decode(), dict(m.headers() or [])["ce_id"]) for m in messages]  # type: ignore[arg-type, misc]

    with sources.run() as process:
        sources.wait_for(
            "some mail", lambda: sources.metric("pulso_source_events_total", kind="mailbox", outcome="sent") >= 100
        )
        process.kill()
        process.wait()
    before = sent_mails()
    assert len(before) < len(names), "killed half way"
    with sources.run():
        sources.wait_for("all mail", lambda: {name for name, _ in sent_mails()} == set(names))
    after = sent_mails()
    assert len(after) - len(names) <= 2 * ACKNOWLEDGE_EVERY
    assert all(id_.startswith(f"mail/{name}#".encode()) for name, id_ in after)
    assert len({id_ for _, id_ in after}) == len(names), "a repeated mail has the same id"


@pytest.mark.timeout(120)
def test_sources_end_in_time_when_kafka_does_not_answer(tmp_path: Path) -> None:
    sources = SourcesProcess(tmp_path, "127.0.0.1:1")
    sources.deliver("nobody-reads-it")
    with sources.run() as process:
        sources.wait_for("metrics", lambda: sources.metric("pulso_source_up", source="commands-camera") >= 0)
        time.sleep(2)
    assert process.returncode == 1, "some events did not reach Kafka"
    assert not (sources.data / "mailbox-commands.json").exists()


def test_sources_command_reports_invalid_venue_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = tmp_path / "venue.yaml"
    for name, value in (("KAFKA", "127.0.0.1:1"), ("VENUE", str(venue)), ("DATA", str(tmp_path))):
        monkeypatch.setenv(f"PULSO_{name}", value)

    def error_output(text: str) -> str:
        venue.write_text(text)
        result = CliRunner().invoke(app, ["sources"])
        assert result.exit_code == 2
        return " ".join(result.output.split())

    assert "names no source" in error_output("name: Empty\n")
    assert "line 2" in error_output("name: Wrong\nnonsense: 1\n")
    twice = "name: Two\nmailboxes:\n- {url: /a}\n- {url: /b}\n"
    assert "mailboxes: support is used more than once" in error_output(twice)
