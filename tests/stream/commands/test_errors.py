"""Errors at the terminal: one line for a missing server or topic, a traceback for a defect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from stream.commands.cli import app
from stream.commands.errors import ErrorReportingGroup
from stream.commands.tables import folding_table
from stream.runtime.topic_reader import MissingTopicError


@pytest.mark.parametrize("command", ["alerts list", "stock show", "dead list", "faq", "users list", "support report"])
def test_command_without_a_stack_names_the_remedy(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULSO_KAFKA", raising=False)
    monkeypatch.setenv("PULSO_DATA", str(tmp_path))
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 2
    assert result.output.startswith("pulso: no Kafka: run `pulso up`")
    assert len(result.output.splitlines()) == 1


def test_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSO_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("PULSO_REDIS", "redis://127.0.0.1:1")
    result = CliRunner().invoke(app, ["alerts", "list"])
    assert result.exit_code == 2
    assert result.output.startswith("pulso: Redis: ")


def test_defect_of_the_program_keeps_its_traceback() -> None:
    failing_app = typer.Typer(cls=ErrorReportingGroup)

    @failing_app.command()
    def raise_key_error() -> None:
        raise KeyError("bar")

    @failing_app.command()
    def raise_missing_topic() -> None:
        raise MissingTopicError("Kafka has no such topic")

    assert isinstance(CliRunner().invoke(failing_app, ["raise-key-error"]).exception, KeyError)
    result = CliRunner().invoke(failing_app, ["raise-missing-topic"])
    assert (result.exit_code, result.output) == (2, "pulso: Kafka has no such topic\n")


def test_tables_wrap_long_cells_untruncated() -> None:
    from rich.console import Console

    narrow = Console(width=40)
    table = folding_table("key", "what is wrong")
    table.add_row("mail-urgent/20260704200001.17@mail.example.org", "nothing at all, but this is long")
    with narrow.capture() as captured:
        narrow.print(table)
    assert "…" not in captured.get()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PULSO_LOG_LEVEL", "loud"),
        ("PULSO_CONSOLE_PUBLIC", "pulso.example.org"),
        ("PULSO_CONSOLE_PUBLIC", "https://example.org/pulso"),
        ("PULSO_KAFKA_REPLICATION", "many"),
    ],
)
def test_invalid_setting_is_named(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(app, ["settings"])
    assert result.exit_code == 2
    assert result.output.startswith(f"pulso: {variable}: ")


@pytest.mark.parametrize(
    ("command", "remedy"),
    [("camera gate", "did you mean rtsp://"), ("microphone main", "did you mean rtsp://"), ("mailbox", "imaps://")],
)
def test_mistyped_address_of_a_source_is_named(command: str, remedy: str) -> None:
    url = "pop3://a:hunter2@h" if command == "mailbox" else "rstp://a:hunter2@h"
    result = CliRunner().invoke(app, ["source", *command.split(), url], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert remedy in result.output and "hunter2" not in result.output


def test_error_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSO_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("PULSO_REDIS", "rediss:/guard:hunter2@h:1")
    result = CliRunner().invoke(app, ["alerts", "list"])
    assert result.exit_code == 2 or result.exception
    assert "hunter2" not in result.output


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("arguments", ["--help", "settings", "status", "check VENUE", "up", "check /no/año…/file"])
def test_commands_print_in_every_encoding(arguments: str, encoding: str, tmp_path: Path) -> None:
    """The folder has letters that the terminal lacks, and a byte that is not UTF-8."""
    venue = tmp_path / "año € 日.yaml"
    venue.write_text("name: Fiesta 日本 – «año»\ncameras: [{id: a, url: x…}]\n", encoding="utf-8")
    environment = {
        **os.environ, "PYTHONIOENCODING": encoding, "PULSO_DATA": os.fsdecode(bytes(tmp_path) + b"/m\xfasica"),
        "PULSO_BIND": "203.0.113.7", "PULSO_VENUE": str(venue),
    }  # fmt: skip
    parts = [part.replace("VENUE", str(venue)) for part in arguments.split()]
    command = [sys.executable, "-m", "stream.commands.cli", *parts]
    result = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
    text = (result.stdout + result.stderr).decode(encoding)
    assert "Traceback" not in text and "codec" not in text, text
    assert result.returncode in ((1, 2) if arguments in ("status", "up", "check /no/año…/file") else (0,))
