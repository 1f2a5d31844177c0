"""`pulso dead`: dead letters are listed and replayed once, although a killed worker sent some twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.bars import SALES
from stream.commands.cli import app
from stream.local import LocalStack
from stream.runtime.effects import DEAD_LETTER_PREFIX
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import headers_of, read_all


@pytest.mark.stack
def test_dead_letter_that_was_sent_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalStack(tmp_path, workers=(), with_prometheus=False, with_console=False) as stack:
        monkeypatch.setenv("PULSO_KAFKA", str(stack.settings.kafka))

        def send_dead_letters(*events: tuple[int, int]) -> None:
            with EventProducer(stack.settings) as producer:
                for partition, offset in events:
                    fields = {"reason": "content", "error": "no bar 'moon'", "partition": partition, "offset": offset}
                    headers = [
                        ("ce_id", b"t"),
                        *((DEAD_LETTER_PREFIX + name, str(value).encode()) for name, value in fields.items()),
                    ]
                    producer.send_raw(SALES.dead.name, key=b"moon", value=b"{}", headers=headers)

        def pulso(*arguments: str) -> str:
            result = CliRunner().invoke(app, ["dead", *arguments], env={"COLUMNS": "200"})
            assert result.exit_code == 0, result.output
            return result.output

        send_dead_letters((0, 5), (1, 5), (0, 5), (0, 6))
        assert "3 in all" in pulso("list", SALES.name)
        assert "moon" in pulso("show", SALES.name, "3")
        assert "3 replayed" in pulso("replay", SALES.name)
        send_dead_letters((0, 6), (0, 7))
        assert "1 replayed" in pulso("replay", SALES.name)
        assert "Nothing to replay" in pulso("replay", SALES.name)
        assert "1 replayed" in pulso("replay", SALES.name, "--offset", "0")
        replayed = list(read_all(stack.settings, SALES.name))
        assert len(replayed) == 5
        assert all(headers_of(message) == [("ce_id", b"t")] for message in replayed)
