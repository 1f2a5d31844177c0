"""`pulso routes`, without Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from stream.commands.cli import app

PLACES = (
    "id,name_es,name_en,kind,x_m,y_m,step_free,opens,closes\n"
    "gate,Puerta,Gate,entrance,0,0,yes,14:00,04:00\nstage,Escenario,Stage,stage,0,90,yes,14:00,04:00\n"
    "tower,Torre,Tower,info,0,99,no,00:00,24:00\n"
)
PATHS = (
    "from,to,metres,kind,step_free,width_m,slope_percent,one_way,open_from,open_until\n"
    "gate,stage,72,paved,yes,2,1,no,10:00,22:00\nstage,tower,30,steps,no,2,20,no,,\n"
)


@pytest.fixture
def venue(tmp_path: Path) -> Path:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "paths.csv").write_text(PATHS, encoding="utf-8")
    imported = CliRunner().invoke(app, ["routes", "import", str(tmp_path)])
    assert imported.exit_code == 0, imported.output
    section = yaml.safe_load(imported.stdout)
    section["paths"]["help_en"] = "call the support desk, 555 0100"
    file = tmp_path / "venue.yaml"
    file.write_text(yaml.safe_dump({"name": "Test", "language": "en", **section}), encoding="utf-8")
    return file


def find(venue: Path, start: str, end: str, *more: str) -> Result:
    options = ["--venue", str(venue), "--no-closed", "--at", "2030-06-01T21:00", *more]
    return CliRunner().invoke(app, ["routes", "find", start, end, *options])


def test_imported_map_leads_from_place_to_place(venue: Path) -> None:
    found = find(venue, "gate", "tower")
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines()[0] == "102 m, 2 min"
    assert found.stdout.splitlines()[-1].split() == ["30", "m", "steps", "Tower"]


@pytest.mark.parametrize(
    ("end", "more"), [("tower", ["--mobility", "wheelchair"]), ("stage", ["--at", "2030-06-01T22:30"])]
)
def test_no_way_found_is_said_with_whom_to_call(venue: Path, end: str, more: list[str]) -> None:
    found = find(venue, "gate", end, *more)
    assert found.exit_code == 1
    assert "no way from gate" in found.stdout
    assert "call the support desk, 555 0100" in found.stdout


def test_unknown_place_is_refused(venue: Path) -> None:
    found = find(venue, "gate", "lake")
    assert found.exit_code == 2
    assert "no place 'lake'" in found.stderr
