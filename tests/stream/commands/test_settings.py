"""`pulso settings` lists every setting without secrets."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from stream.commands.cli import app
from stream.runtime.settings import Settings


def test_settings_command_describes_every_setting() -> None:
    result = CliRunner().invoke(app, ["settings", "--json"])
    rows = json.loads(result.output)
    assert [row["variable"] for row in rows] == [f"PULSO_{name.upper()}" for name in Settings.model_fields]
    assert all(row["description"].endswith(".") for row in rows)


def test_settings_command_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSO_TILL_TOKEN", "hunter2")
    monkeypatch.setenv("PULSO_REDIS", "redis://guard:hunter2@10.0.0.7:6379/0")
    for arguments in (["settings"], ["settings", "--json"]):
        output = CliRunner().invoke(app, arguments).output
        assert "PULSO_TILL_TOKEN" in output
        assert "hunter2" not in output
