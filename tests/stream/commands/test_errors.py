"""What a person at the terminal reads when something is not there; a fault of ours still shows where it is."""

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
def test_command_without_a_stack_says_what_to_do(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULSO_KAFKA", raising=False)
    monkeypatch.setenv("PULSO_DATA", str(tmp_path))
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 2
    assert done.output.startswith("pulso: no Kafka: run `pulso up`")
    assert len(done.output.splitlines()) == 1


def test_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSO_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("PULSO_REDIS", "redis://127.0.0.1:1")
    done = CliRunner().invoke(app, ["alerts", "list"])
    assert done.exit_code == 2
    assert done.output.startswith("pulso: Redis: ")


def test_defect_of_the_program_keeps_its_traceback() -> None:
    faulty = typer.Typer(cls=ErrorReportingGroup)

    @faulty.command()
    def one() -> None:
        raise KeyError("bar")

    @faulty.command()
    def two() -> None:
        raise MissingTopicError("Kafka has no such topic")

    assert isinstance(CliRunner().invoke(faulty, ["one"]).exception, KeyError)
    done = CliRunner().invoke(faulty, ["two"])
    assert (done.exit_code, done.output) == (2, "pulso: Kafka has no such topic\n")


def test_tables_truncate_nothing() -> None:
    from rich.console import Console

    narrow = Console(width=40)
    one = folding_table("key", "what is wrong")
    one.add_row("mail-urgent/20260704200001.17@mail.example.org", "nothing at all, but this is long")
    with narrow.capture() as said:
        narrow.print(one)
    assert "…" not in said.get()
