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
from stream.sources.mailbox import MailboxSource
from stream.sources.source_overview import direct_hosts, source_lines, till_clock_lines
from stream.sources.venue_sources import sources_of

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


def missing_of_mailbox(folder: Path) -> str:
    venue = Venue.model_validate({"name": "Mine", "mailboxes": [{"url": str(folder)}]})
    return next(line.lacks for line in source_lines(venue, Settings(data=folder)))


def test_incomplete_maildir_is_named(tmp_path: Path) -> None:
    box = tmp_path / "correo"
    assert "does not exist" in missing_of_mailbox(box)
    (box / "cur").mkdir(parents=True)
    assert "looks like a Maildir, but has no new/" in missing_of_mailbox(box)
    assert "holds Maildirs" not in missing_of_mailbox(tmp_path)
    (box / "new").mkdir()
    assert missing_of_mailbox(box) == ""
    assert "holds Maildirs (correo)" in missing_of_mailbox(tmp_path)
    (box / "cur").rmdir()
    assert "has no cur/" in missing_of_mailbox(box)
    folder = tmp_path / "eml"
    folder.mkdir()
    assert "no .eml file yet" in missing_of_mailbox(folder)
    (folder / "1.EML").touch()
    assert missing_of_mailbox(folder) == ""


def test_each_mailbox_may_have_its_own_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = [{"id": name, "url": f"imaps://{name}@h/INBOX"} for name in ("support", "lost-and-found")]
    venue = Venue.model_validate({"name": "Mine", "mailboxes": boxes})
    monkeypatch.delenv("PULSO_MAILBOX_PASSWORD", raising=False)
    monkeypatch.setenv("PULSO_MAILBOX_PASSWORD_SUPPORT", "one")
    settings = Settings(data=tmp_path)
    lacks = {line.source: line.lacks for line in source_lines(venue, settings)}
    assert lacks["mailbox support"] == ""
    assert "PULSO_MAILBOX_PASSWORD_LOST_AND_FOUND" in lacks["mailbox lost-and-found"]
    common = Settings(data=tmp_path, mailbox_password=SecretStr("all"))
    passwords = {name: common.mailbox_password_of(name) for name in ("support", "lost-and-found")}
    assert {name: secret and secret.get_secret_value() for name, secret in passwords.items()} == {
        "support": "one", "lost-and-found": "all",
    }  # fmt: skip
    sources = {source.name: source for source in sources_of(venue, common) if isinstance(source, MailboxSource)}
    assert {name: source._password for name, source in sources.items()} == {"support": "one", "lost-and-found": "all"}


def test_check_command_names_mistyped_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSO_CONSOLE_PUBLICK", "https://x")
    monkeypatch.setenv("PULSO_MAILBOX_PASSWORD_SUPORT", "hunter2")
    monkeypatch.setenv("pulso_bind", "127.0.0.1")
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(SOURCES), encoding="utf-8")
    output = CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "250"}).output
    assert "PULSO_CONSOLE_PUBLICK is not a setting and is not used; did you mean PULSO_CONSOLE_PUBLIC?" in output
    assert "PULSO_MAILBOX_PASSWORD_SUPORT" in output and "PULSO_MAILBOX_PASSWORD_SUPPORT" in output
    assert "pulso_bind" not in output and "hunter2" not in output


def test_hosts_of_the_local_network_are_reached_directly() -> None:
    venue = Venue.model_validate({
        "name": "Mine",
        "cameras": [
            {"id": "a", "url": "http://192.168.1.7:8080/x"}, {"id": "b", "url": "rtsp://guard:x@[fd00::7]/x"},
            {"id": "c", "url": "https://cams.example.org/x"}, {"id": "d"},
        ],
        "stages": [{"id": "main", "url": "alsa:hw:1"}],
        "mailboxes": [{"url": "imaps://a@10.1.2.3/INBOX"}],
    })  # fmt: skip
    assert direct_hosts(venue) == ["10.1.2.3", "192.168.1.7", "fd00::7"]


@pytest.mark.parametrize("form", ["{}", "file://{}", "file:{}", "FILE://{}"])
@pytest.mark.parametrize("kind", ["cameras", "stages", "mailboxes"])
def test_missing_file_is_named_in_every_form_of_its_address(tmp_path: Path, kind: str, form: str) -> None:
    there = tmp_path / "año 1"
    (there / "cur").mkdir(parents=True)
    (there / "new").mkdir()

    def lacks(path: str) -> str:
        venue = Venue.model_validate({"name": "Mine", kind: [{"id": "a", "url": form.format(path)}]})
        return next(line.lacks for line in source_lines(venue, Settings(data=tmp_path)))

    assert "does not exist" in lacks(str(tmp_path / "missing"))
    assert lacks(str(there)) == ""
    if ":" in form:
        assert lacks(str(there).replace(" ", "%20")) == ""
