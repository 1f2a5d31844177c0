"""`pulso rules list` shows every rule with the settings of a venue file."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from stream.commands.cli import app
from stream.features import registry


def test_rules_list_shows_titles_units_and_overrides(tmp_path: Path) -> None:
    venue = tmp_path / "venue.yaml"
    venue.write_text("name: A\nrules:\n  violence: {raise_at: 0.95, clear_at: 0.5, audience: [production]}\n")
    output = CliRunner().invoke(app, ["rules", "list", "--language", "es", "--venue", str(venue)]).output
    table = [[cell.strip() for cell in row.split("│")] for row in output.splitlines() if "│" in row]
    rows = {cells[1]: cells for cells in table}
    assert set(rows) == set(registry.rules_by_name())
    assert rows["violence"][2:8] == ["Posible pelea", "percent", "0.95", "0.5", "medium", "production"]
