"""Errors at the terminal: one line for a missing server or topic, a traceback for a defect."""

from __future__ import annotations

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
