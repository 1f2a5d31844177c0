"""Source overview of `pulso check`: the address of each source, and its missing settings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.bars import DemandForecast, TillClock
from schemas.venue import Venue
from stream.commands.cli import app
from stream.runtime.settings import Settings
from stream.sources.source_overview import source_lines, till_clock_lines

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


def missing_by_source(settings: Settings) -> dict[str, str]:
    return {line.source: line.lacks for line in source_lines(Venue.model_validate(SOURCES), settings)}


def test_overview_names_tills_with_wrong_clocks() -> None:
    clocks = (
        TillClock(till="1", ahead_seconds=0, corrected=3), TillClock(till="2", ahead_seconds=3600, corrected=9),
        TillClock(till="3", ahead_seconds=-1800, corrected=4),
    )  # fmt: skip
    forecast = DemandForecast(
        event_id="e", bar="north", time=datetime(2026, 7, 4, 20, tzinfo=UTC), tickets=1, products=(), model="m",
        clocks=clocks,
    )  # fmt: skip
    lines = list(till_clock_lines([forecast]))
    assert [(line.source, line.where) for line in lines] == [("till 2", "bar north"), ("till 3", "bar north")]
    assert "60 min ahead" in lines[0].lacks
    assert "30 min behind" in lines[1].lacks


def test_source_overview_names_missing_settings_only(tmp_path: Path) -> None:
    missing_settings = missing_by_source(Settings(data=tmp_path))
    missing = {source for source, lacks in missing_settings.items() if lacks}
    assert missing == {"camera film", "mailbox support", "phones and chats"}
    assert "films/none.mp4" in missing_settings["camera film"]
    assert "PULSO_MAILBOX_PASSWORD" in missing_settings["mailbox support"]
    assert "PULSO_CONTACTS" in missing_settings["phones and chats"]
    assert "camera dark" not in missing_settings, "a camera without URL is not listed"
    contacts = tmp_path / "contacts.yaml"
    settings = Settings(data=tmp_path, mailbox_password=SecretStr("x"), contacts=contacts)
    assert str(contacts) in missing_by_source(settings)["phones and chats"], "the configured file is missing"
    contacts.write_text("urls: []\n", encoding="utf-8")
    assert {source for source, lacks in missing_by_source(settings).items() if lacks} == {"camera film"}


def test_check_command_lists_sources_without_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULSO_MAILBOX_PASSWORD", "PULSO_CONTACTS"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(SOURCES), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.output
    for part in ("rtsp://guard@10.0.0.7/gate", "POST /v1/tickets", "till-token", "set PULSO_MAILBOX_PASSWORD"):
        assert part in result.output
    assert "hunter2" not in result.output
    file.write_text(yaml.safe_dump({"name": "Empty"}), encoding="utf-8")
    assert "Sources: none yet" in CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "250"}).output
