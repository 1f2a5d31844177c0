"""Counts of fuzz inputs and of their outcomes.

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

TIMES = int(os.environ.get("PULSO_FUZZ", "1"))
HANG_SECONDS = 20.0
"""Maximum seconds for one input on a busy machine; it detects hangs, not slowness."""


@dataclass(slots=True)
class Surface:
    """Statistics of one input surface."""

    inputs: int = 0
    refused: int = 0
    why: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0
    worst: object = None

    @contextmanager
    def timed(self, inputs: int, what: object) -> Iterator[None]:
        """Count inputs and the seconds that they took together."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self.inputs += inputs
        self.seconds += took
        if took > self.slowest:
            self.slowest, self.worst = took, what

    def refuse(self, why: str, number: int = 1) -> None:
        """Count inputs that were rejected with a reason."""
        self.refused += number
        self.why[why] += number

    def ended(self) -> None:
        """Check that no input exceeded the time limit."""
        assert self.slowest < HANG_SECONDS, (self.slowest, self.worst)


_SURFACES: dict[str, Surface] = {}


@pytest.fixture
def surface(request: pytest.FixtureRequest) -> Iterator[Surface]:
    """Statistics of this test; the surface is named by the test's `surface` marker or its parameter."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    found = _SURFACES.setdefault(name, Surface())
    yield found
    found.ended()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts, and write them to a file if requested."""
    if not _SURFACES:
        return
    lines = ["| surface | inputs | refused, with a reason | reasons | slowest, s |", "|---|---:|---:|---|---:|"]
    for name, one in sorted(_SURFACES.items()):
        why = ", ".join(f"{what} {number}" for what, number in one.why.most_common(5))
        lines.append(f"| {name} | {one.inputs:,} | {one.refused:,} | {why} | {one.slowest:.2f} |")
    total, refused = (sum(getattr(one, name) for one in _SURFACES.values()) for name in ("inputs", "refused"))
    lines.append(f"| **all** | **{total:,}** | **{refused:,}** | | |")
    terminalreporter.section("fuzzing")
    for line in lines:
        terminalreporter.write_line(line)
    if path := os.environ.get("PULSO_FUZZ_REPORT"):
        page = Path(path)
        head, mark, _ = page.read_text(encoding="utf-8").partition("<!-- counts -->\n")
        minutes = sum(one.seconds for one in _SURFACES.values()) / 60
        page.write_text(
            f"{head}{mark}\nPULSO_FUZZ={TIMES}: {minutes:.1f} minutes of one core.\n\n" + "\n".join(lines) + "\n",
            encoding="utf-8",
        )
