"""Fixtures for fault tests: a stack under load, and a report of all faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stream.local import LocalStack
from stream.runtime.settings import ROOT
from tests.faults.fault_run import FaultResult, FaultRun, read_results
from tests.faults.report import table, write_report

SEED = int(os.environ.get("PULSO_FAULTS_SEED", "20260704"))

REPORT = os.environ.get("PULSO_FAULTS_REPORT")
"""File that the report is written to."""

RESULTS_FILE = ROOT / ".cache" / "faults.jsonl"
"""Results of the last `make faults`, so that a single fault can be repeated."""

RESULTS_KEY = pytest.StashKey[list[FaultResult]]()

StartFaultRun = Callable[..., FaultRun]


@pytest.fixture
def print_progress(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function that prints progress to the terminal despite pytest's capture."""
    manager = request.config.pluginmanager
    reporter, capture = manager.get_plugin("terminalreporter"), manager.get_plugin("capturemanager")
    name = request.node.name

    def write_line(text: str) -> None:
        if REPORT and reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"  {datetime.now(UTC):%H:%M:%S} {name}: {text}")
                reporter.flush()

    return write_line


@pytest.fixture
def seed() -> int:
    """Seed of all random choices; PULSO_FAULTS_SEED overrides it."""
    return SEED


@pytest.fixture
def start_fault_run(tmp_path: Path, print_progress: Callable[[str], None]) -> Iterator[StartFaultRun]:
    """Return a function that starts a stack with some workers; its event times lie two days ago."""
    with ExitStack() as contexts:

        def start(*workers: str, data: Path | None = None, environment: dict[str, str] | None = None) -> FaultRun:
            print_progress(f"starting {', '.join(workers)}")
            stack = contexts.enter_context(
                LocalStack(
                    data or tmp_path / "data", workers=workers, with_prometheus=False, with_console=False,
                    environment=environment,
                )
            )  # fmt: skip
            evening = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
            return FaultRun(stack, workers, evening, SEED)

        yield start


@pytest.fixture
def check_result(
    request: pytest.FixtureRequest, print_progress: Callable[[str], None]
) -> Callable[[FaultResult], None]:
    """Return a function that adds a result to the report, and fails if an input is lost or doubled."""

    def check(result: FaultResult) -> None:
        request.config.stash.setdefault(RESULTS_KEY, []).append(result)
        if REPORT:
            result.append_to(RESULTS_FILE)
            write_report(Path(REPORT), read_results(RESULTS_FILE))
        print_progress(f"every input reconciled after {result.seconds:.0f} s")
        inexact = [line for line in result.lines if not line.exact]
        assert result.lines and not inexact, f"{result.fault}: {inexact}"

    return check


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and write the report if requested."""
    results = config.stash.get(RESULTS_KEY, [])
    if not results:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(table(results))
    if REPORT:
        terminalreporter.write_line(f"written to {REPORT}")
