"""Dead letters as a person sees them: each once, though a killed worker sent some twice, and replayed once."""

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

        def bury(*events: tuple[int, int]) -> None:
            with EventProducer(stack.settings) as producer:
                for partition, offset in events:
                    ours = {"reason": "content", "error": "no bar 'moon'", "partition": partition, "offset": offset}
                    headers = [
                        ("ce_id", b"t"),
                        *((DEAD_LETTER_PREFIX + name, str(value).encode()) for name, value in ours.items()),
                    ]
                    producer.send_raw(SALES.dead.name, key=b"moon", value=b"{}", headers=headers)

        def pulso(*words: str) -> str:
            done = CliRunner().invoke(app, ["dead", *words], env={"COLUMNS": "200"})
            assert done.exit_code == 0, done.output
            return done.output

        bury((0, 5), (1, 5), (0, 5), (0, 6))
        assert "3 in all" in pulso("list", SALES.name)
        assert "moon" in pulso("show", SALES.name, "3")
        assert "3 replayed" in pulso("replay", SALES.name)
        bury((0, 6), (0, 7))
        assert "1 replayed" in pulso("replay", SALES.name)
        assert "Nothing to replay" in pulso("replay", SALES.name)
        assert "1 replayed" in pulso("replay", SALES.name, "--offset", "0")
        played = list(read_all(stack.settings, SALES.name))
        assert len(played) == 5
        assert all(headers_of(message) == [("ce_id", b"t")] for message in played)
