"""Tests that worker and references of the ticket benchmark end with the totals sent; speed is not tested."""

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
    result = RunResult(events=number, seconds=1.0, cpu_seconds=1.0)
    for ticket in tickets(number):
        result.tickets[ticket.bar] = result.tickets.get(ticket.bar, 0) + 1
        sold = result.sold.setdefault(ticket.bar, {})
        for line in ticket.lines:
            sold[line.product] = sold.get(line.product, 0.0) + line.quantity
    return result


def test_bench_tickets_are_deterministic_and_close_every_bar() -> None:
    ticket_list = tickets(200)
    assert ticket_list == tickets(200)
    assert len({ticket.id for ticket in ticket_list}) == 200
    assert tuple(ticket.bar for ticket in ticket_list[-3:]) == BARS
    assert (ticket_list[-3].time - ticket_list[-4].time).total_seconds() > 60


def test_bench_accepts_correct_totals() -> None:
    _agree("it", tickets(200), totals(200))


@pytest.mark.parametrize("total", ["tickets", "units sold"])
def test_bench_rejects_wrong_total(total: str) -> None:
    result = totals(200)
    if total == "tickets":
        result.tickets["north"] += 1
    else:
        result.sold["south"]["beer"] -= 1
    with pytest.raises(BenchError, match=f"it ended with wrong {total}"):
        _agree("it", tickets(200), result)


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_ticket_bench_references_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--quick", "--only", "tickets", "--json", file]
    with_quix = peer_is_installed()
    if not with_quix:
        command.append("--no-peer")
        with capsys.disabled():
            print("\n.venv-bench is missing: Quix Streams is left out; `make bench` installs it")
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert completed.returncode == 0, completed.stderr
    report = json.loads(file.read_text())
    quix = {"Quix Streams, same work and state", "Quix Streams, totals alone"}
    expected = {"confluent-kafka + msgspec + a dict"} | (quix if with_quix else set())
    assert {row["reference_name"] for row in report["rows"]} == expected
    assert all(row["ours"] > 0 and row["reference"] > 0 for row in report["rows"])
    assert report["quick"] is True
    assert report["machine"]["cores"] >= 1
