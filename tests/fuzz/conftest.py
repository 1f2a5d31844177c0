"""Counts of fuzz inputs and of their outcomes, by input surface.

`make test` tries a short set; `PULSO_FUZZ=50` multiplies it, and `PULSO_FUZZ_REPORT=docs/fuzzing.md` writes the counts
down, as `make fuzz` does.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

INPUT_MULTIPLIER = int(os.environ.get("PULSO_FUZZ", "1"))
HANG_SECONDS = 20.0
"""Maximum seconds for one input on a busy machine; it detects hangs, not slowness."""


@dataclass(slots=True)
class SurfaceStatistics:
    """Statistics of one input surface."""

    inputs: int = 0
    refused: int = 0
    refusal_reasons: Counter[str] = field(default_factory=Counter)
    max_seconds: float = 0.0
    seconds: float = 0.0
    slowest_input: object = None

    @contextmanager
    def measure(self, inputs: int, description: object) -> Iterator[None]:
        """Count inputs, and measure the seconds that they take together."""
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self.inputs += inputs
        self.seconds += seconds
        if seconds > self.max_seconds:
            self.max_seconds, self.slowest_input = seconds, description

    def count_refusal(self, reason: str, number: int = 1) -> None:
        """Count inputs that were rejected with a reason."""
        self.refused += number
        self.refusal_reasons[reason] += number

    def check_time_limit(self) -> None:
        """Check that no input exceeded the time limit."""
        assert self.max_seconds < HANG_SECONDS, (self.max_seconds, self.slowest_input)


_STATISTICS_BY_SURFACE: dict[str, SurfaceStatistics] = {}


@pytest.fixture
def statistics(request: pytest.FixtureRequest) -> Iterator[SurfaceStatistics]:
    """Statistics of this test's input surface, which is named after the test and its parameters."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    surface_statistics = _STATISTICS_BY_SURFACE.setdefault(name, SurfaceStatistics())
    yield surface_statistics
    surface_statistics.check_time_limit()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts, and write them to a file if requested."""
    if not _STATISTICS_BY_SURFACE:
        return
    lines = ["| surface | inputs | refused, with a reason | reasons | slowest, s |", "|---|---:|---:|---|---:|"]
    for name, statistics in sorted(_STATISTICS_BY_SURFACE.items()):
        reasons = ", ".join(f"{reason} {number}" for reason, number in statistics.refusal_reasons.most_common(5))
        lines.append(
            f"| {name} | {statistics.inputs:,} | {statistics.refused:,} | {reasons} | {statistics.max_seconds:.2f} |"
        )
    total, refused = (
        sum(getattr(statistics, name) for statistics in _STATISTICS_BY_SURFACE.values())
        for name in ("inputs", "refused")
    )
    lines.append(f"| **all** | **{total:,}** | **{refused:,}** | | |")
    terminalreporter.section("fuzzing")
    for line in lines:
        terminalreporter.write_line(line)
    if path := os.environ.get("PULSO_FUZZ_REPORT"):
        page = Path(path)
        introduction, marker, _ = page.read_text(encoding="utf-8").partition("<!-- counts -->\n")
        minutes = sum(statistics.seconds for statistics in _STATISTICS_BY_SURFACE.values()) / 60
        page.write_text(
            f"{introduction}{marker}\nPULSO_FUZZ={INPUT_MULTIPLIER}: {minutes:.1f} minutes of one core.\n\n"
            + "\n".join(lines)
            + "\n",
            encoding="utf-8",
        )
