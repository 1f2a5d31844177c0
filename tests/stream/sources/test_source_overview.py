"""`pulso check` says where each source reads from, and what it still lacks, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.venue import Venue
from stream.commands.cli import app
from stream.runtime.settings import Settings
from stream.sources.source_overview import source_lines

SOURCES = {
    "name": "Mine",
    "cameras": [
        {"id": "gate", "url": "rtsp://guard:hunter2@10.0.0.7/gate"},
        {"id": "bar", "url": "http://10.0.0.8/video.cgi?user=guard&password=hunter2"},
        {"id": "film", "url": "films/none.mp4"},
        {"id": "dark"},
    ],
    "stages": [{"id": "main", "url": "alsa:hw:1"}],
    "mailboxes": [{"url": "imaps://support@mail.example.org/INBOX"}],
    "tills": {"port": 8090},
    "social": {"port": 0},
    "contacts": [{"id": "duty", "audience": ["security"]}],
}


def lacking(settings: Settings) -> dict[str, str]:
    return {line.source: line.lacks for line in source_lines(Venue.model_validate(SOURCES), settings)}


def test_overview_names_what_is_missing_only(tmp_path: Path) -> None:
    found = lacking(Settings(data=tmp_path))
    missing = {source for source, lacks in found.items() if lacks}
    assert missing == {"camera film", "mailbox support", "phones and chats"}
    assert "films/none.mp4" in found["camera film"]
    assert "PULSO_MAILBOX_PASSWORD" in found["mailbox support"]
    assert "PULSO_CONTACTS" in found["phones and chats"]
    assert "camera dark" not in found, "it has no address"
    contacts = tmp_path / "contacts.yaml"
    settings = Settings(data=tmp_path, mailbox_password=SecretStr("x"), contacts=contacts)
    assert str(contacts) in lacking(settings)["phones and chats"], "named, but not there"
    contacts.write_text("urls: []\n", encoding="utf-8")
    assert {source for source, lacks in lacking(settings).items() if lacks} == {"camera film"}


def test_the_command_shows_it_and_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULSO_MAILBOX_PASSWORD", "PULSO_CONTACTS"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(SOURCES), encoding="utf-8")
    shown = CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "250"})
    assert shown.exit_code == 0, shown.output
    for part in ("rtsp://guard@10.0.0.7/gate", "POST /v1/tickets", "till-token", "set PULSO_MAILBOX_PASSWORD"):
        assert part in shown.output
    assert "hunter2" not in shown.output
    file.write_text(yaml.safe_dump({"name": "Empty"}), encoding="utf-8")
    assert "Sources: none yet" in CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "250"}).output
