"""`pulso tickets learn` and `forecast`, on events of our own."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from stream.commands.cli import app

RUNNER = CliRunner()


def test_learnt_events_forecast_an_event_on_sale(tmp_path: Path) -> None:
    past, sale, history = (str(tmp_path / name) for name in ("past.csv", "sale.csv", "history.json"))
    lines = [f"e{n},{day},{(100 + n) * (1 - day / 40):.0f},{100 + n}" for n in range(12) for day in (0, 10, 20)]
    Path(past).write_text("event,days_before,sold,final\n" + "\n".join(lines), encoding="utf-8")
    Path(sale).write_text("event,days_before,sold,capacity\nnew,10,78,120\nnew,20,52,120\n", encoding="utf-8")
    learnt = RUNNER.invoke(app, ["tickets", "learn", past, "--history", history])
    assert (learnt.exit_code, "12 events learnt" in learnt.output) == (0, True)
    (one,) = json.loads(RUNNER.invoke(app, ["tickets", "forecast", sale, "--history", history, "--json"]).output)
    assert (one["event"], one["days_before"], one["sold"]) == ("new", 10, 78)
    assert abs(one["final"] - 104) < 3
    shown = RUNNER.invoke(app, ["tickets", "forecast", sale, "--history", history])
    assert (shown.exit_code, "104" in shown.output) == (0, True)


def test_forecast_without_learnt_events_says_so(tmp_path: Path) -> None:
    sale = tmp_path / "sale.csv"
    sale.write_text("event,days_before,sold\nnew,10,78\n", encoding="utf-8")
    result = RUNNER.invoke(app, ["tickets", "forecast", str(sale), "--history", str(tmp_path / "none.json")])
    assert result.exit_code == 2
