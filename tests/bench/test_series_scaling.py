"""Tests that the series benchmark compares equal work: as many lines, and bars with the same history."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.series_scaling import TICKETS_OF_A_BAR, tickets
from stream.runtime.settings import ROOT


def test_series_tickets_are_equal_per_bar_and_sorted() -> None:
    ticket_list = list(tickets(20))
    assert set(Counter(ticket.bar for ticket in ticket_list).values()) == {TICKETS_OF_A_BAR}
    assert [ticket.time for ticket in ticket_list] == sorted(ticket.time for ticket in ticket_list)
    assert len({ticket.id for ticket in ticket_list}) == len(ticket_list)


@pytest.mark.timeout(300)
def test_series_bench_runs_quickly(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    result = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "series", "--json", file],
        cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    rows = json.loads(file.read_text())["rows"]
    assert [row["what"] for row in rows] == ["bars, 100 series", "bars, 1,000 series"]
    assert all(row["ours"] > 0 for row in rows)
