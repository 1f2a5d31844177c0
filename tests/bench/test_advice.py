"""Tests that the benchmarks of what attendees are advised run, and refuse wrong results."""

from __future__ import annotations

import subprocess

import pytest

from bench import itinerary_planning, recommendation_lists, route_search
from bench.reference_job import VENV
from bench.run_result import BenchError, RunResult

PYTHON = VENV / "bin" / "python"


def test_routes_and_recommendations_have_a_row_each() -> None:
    rows = [
        *route_search.measure(divisor=100, announce=print),
        *recommendation_lists.measure(divisor=100, announce=print),
    ]
    assert [row.unit for row in rows] == ["searches/s", "lists/s"]
    assert all(row.ours > 0 and row.reference > 0 for row in rows)


def test_another_optimum_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    worse = RunResult(events=1, seconds=1, cpu_seconds=1, scores=[0])
    monkeypatch.setattr(itinerary_planning, "run_job", lambda *_, **__: worse)
    with pytest.raises(BenchError, match="differ"):
        itinerary_planning.measure(divisor=40, announce=print)


@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-bench: `make bench` installs it")
def test_itineraries_are_as_good_as_those_of_cp_sat() -> None:
    if subprocess.run([PYTHON, "-c", "import ortools"], capture_output=True, check=False).returncode:
        pytest.skip(".venv-bench has no OR-Tools: `make bench` installs it")
    (row,) = itinerary_planning.measure(divisor=10, announce=print)
    assert row.ours > 0
