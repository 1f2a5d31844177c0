"""Tests that worker and references of the ticket benchmark end with the totals sent; speed is not judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.reference_job import peer_is_installed
from bench.run_result import BenchError, RunResult
from bench.ticket_throughput import BARS, _agree, tickets
from stream.runtime.settings import ROOT


def totals(number: int) -> RunResult:
    """Return the correct result of a run."""
    found = RunResult(events=number, seconds=1.0, cpu_seconds=1.0)
    for ticket in tickets(number):
        found.tickets[ticket.bar] = found.tickets.get(ticket.bar, 0) + 1
        sold = found.sold.setdefault(ticket.bar, {})
        for line in ticket.lines:
            sold[line.product] = sold.get(line.product, 0.0) + line.quantity
    return found


def test_bench_tickets_are_deterministic_and_close_every_bar() -> None:
    made = tickets(200)
    assert made == tickets(200)
    assert len({ticket.id for ticket in made}) == 200
    assert tuple(ticket.bar for ticket in made[-3:]) == BARS
    assert (made[-3].time - made[-4].time).total_seconds() > 60


def test_bench_accepts_correct_totals() -> None:
    _agree("it", tickets(200), totals(200))


@pytest.mark.parametrize("what", ["tickets", "units sold"])
def test_bench_rejects_wrong_total(what: str) -> None:
    found = totals(200)
    if what == "tickets":
        found.tickets["north"] += 1
    else:
        found.sold["south"]["beer"] -= 1
    with pytest.raises(BenchError, match=f"it ended with wrong {what}"):
        _agree("it", tickets(200), found)


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_ticket_bench_references_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--quick", "--only", "tickets", "--json", file]
    peer = peer_is_installed()
    if not peer:
        command.append("--no-peer")
        with capsys.disabled():
            print("\n.venv-bench is missing: Quix Streams is left out; `make bench` installs it")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(file.read_text())
    quix = {"Quix Streams, same work and state", "Quix Streams, totals alone"}
    expected = {"confluent-kafka + msgspec + a dict"} | (quix if peer else set())
    assert {row["reference_name"] for row in said["rows"]} == expected
    assert all(row["ours"] > 0 and row["reference"] > 0 for row in said["rows"])
    assert said["quick"] is True
    assert said["machine"]["cores"] >= 1
