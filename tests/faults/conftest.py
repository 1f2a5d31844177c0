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
from tests.faults.festival import Festival, Finding, findings_in
from tests.faults.report import table, write_report

SEED = int(os.environ.get("PULSO_FAULTS_SEED", "20260704"))

REPORT = os.environ.get("PULSO_FAULTS_REPORT")
"""File that the report is written to."""

KEPT = ROOT / ".cache" / "faults.jsonl"
"""Results of the last `make faults`, so that a single fault can be repeated."""

FINDINGS = pytest.StashKey[list[Finding]]()

Open = Callable[..., Festival]


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print progress to the terminal, past pytest's capture."""
    manager = request.config.pluginmanager
    reporter, capture = manager.get_plugin("terminalreporter"), manager.get_plugin("capturemanager")
    name = request.node.name

    def tell(text: str) -> None:
        if REPORT and reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"  {datetime.now(UTC):%H:%M:%S} {name}: {text}")
                reporter.flush()

    return tell


@pytest.fixture
def seed() -> int:
    """Seed of all random choices; PULSO_FAULTS_SEED overrides it."""
    return SEED


@pytest.fixture
def open_festival(tmp_path: Path, say: Callable[[str], None]) -> Iterator[Open]:
    """Start a stack with some workers; its evening ended a little while ago, so that no time lies ahead."""
    with ExitStack() as opened:

        def start(*workers: str, data: Path | None = None, environment: dict[str, str] | None = None) -> Festival:
            say(f"starting {', '.join(workers)}")
            stack = opened.enter_context(
                LocalStack(
                    data or tmp_path / "data", workers=workers, with_prometheus=False, with_console=False,
                    environment=environment,
                )
            )  # fmt: skip
            evening = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
            return Festival(stack, workers, evening, SEED)

        yield start


@pytest.fixture
def judge(request: pytest.FixtureRequest, say: Callable[[str], None]) -> Callable[[Finding], None]:
    """Add the result of a fault to the report, and fail if something is lost or doubled."""

    def check(finding: Finding) -> None:
        request.config.stash.setdefault(FINDINGS, []).append(finding)
        if REPORT:
            finding.write(KEPT)
            write_report(Path(REPORT), findings_in(KEPT))
        say(f"all accounted for after {finding.seconds:.0f} s")
        wrong = [line for line in finding.lines if not line.exact]
        assert finding.lines and not wrong, f"{finding.fault}: {wrong}"

    return check


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and write the report if requested."""
    findings = config.stash.get(FINDINGS, [])
    if not findings:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(table(findings))
    if REPORT:
        terminalreporter.write_line(f"written to {REPORT}")
