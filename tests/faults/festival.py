"""Stack under load for one fault after the other, and the result of each fault."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from confluent_kafka import KafkaException

from stream.local import LocalStack
from stream.runtime.venue_file import read_venue
from tests.e2e.conftest import Outside
from tests.faults.account import Line, account
from tests.faults.load import Clock, Load, true_time

PATIENCE = 300.0
"""Seconds within which everything must be accounted for; the rest counts as lost."""

QUIET = 3.0
"""Seconds without further output once all is exact, because duplicates arrive late."""


@dataclass
class Finding:
    """Result of one fault."""

    fault: str
    lines: list[Line]
    seconds: float
    """Seconds from the end of the fault until every input was accounted for."""
    ready: list[float] = field(default_factory=list)
    """Seconds from each kill until that worker was ready again."""
    notes: list[str] = field(default_factory=list)
    seed: int = 0
    at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M}")
    load: float = field(default_factory=lambda: round(os.getloadavg()[1], 1))
    """Mean number of runnable processes over the last five minutes."""

    def write(self, file: Path) -> None:
        """Append the result to a file with one JSON object per line."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(self) + b"\n")


def findings_in(file: Path) -> list[Finding]:
    """Return the latest result of each fault."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return list({one.fault: one for one in (msgspec.json.decode(line, type=Finding) for line in lines)}.values())


class Festival:
    """Stack and load on which one fault after the other is injected."""

    def __init__(self, stack: LocalStack, workers: tuple[str, ...], start: datetime, seed: int) -> None:
        self.stack, self.workers, self.seed = stack, frozenset(workers), seed
        self.outside = Outside(stack)
        self._venue = read_venue(stack.settings.venue)
        self._start = start
        self._load: Load | None = None

    @contextmanager
    def load(
        self, clock: Clock = true_time, too_early: Callable[[int], bool] = lambda _tick: False, every: float = 0.05
    ) -> Iterator[Load]:
        """Offer inputs while the block runs."""
        load = Load(
            self.stack.settings,
            self.workers,
            self._start,
            seed=self.seed,
            every=every,
            clock=clock,
            too_early=too_early,
        )
        self._load = load
        load.start()
        try:
            yield load
        except BaseException:
            load.close()
            raise
        load.stop()

    def settle(self, fault: str, since: float, *, ready: Sequence[float] = (), notes: Sequence[str] = ()) -> Finding:
        """Wait until everything is accounted for.

        Args:
            since: monotonic time at which the fault was over.
        """
        load = self._load
        assert load is not None
        load.close_bars()
        load.flush()
        lines: list[Line] = []
        pause = 0.5
        while time.monotonic() - since < PATIENCE:
            lines = self._lines(load) or lines
            if lines and all(line.exact for line in lines):
                break
            time.sleep(pause)
            pause = min(pause * 1.3, 5.0)
        took = time.monotonic() - since
        time.sleep(QUIET)
        finding = Finding(fault, self._lines(load) or lines, took, list(ready), list(notes), self.seed)
        load.close()
        return finding

    def _lines(self, load: Load) -> list[Line]:
        try:
            return account(self.outside, load, self.workers, self._venue)
        except (KafkaException, TimeoutError, LookupError):  # a broker that has just come back
            return []
