"""Run of a fault test: a stack under load, and the result of the fault."""

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
from tests.e2e.conftest import StackClient
from tests.faults.load import Clock, Load, true_time
from tests.faults.reconciliation import InputTotals, reconcile_inputs

RECONCILIATION_TIMEOUT_S = 300.0
"""Seconds within which every input must have its outcome; the rest counts as lost."""

DUPLICATE_WAIT_S = 3.0
"""Seconds without further output once all is exact, because duplicates arrive late."""


@dataclass
class FaultResult:
    """Result of one fault."""

    fault: str
    lines: list[InputTotals]
    seconds: float
    """Seconds from the end of the fault until every input was accounted for."""
    ready: list[float] = field(default_factory=list)
    """Seconds from each kill until that worker was ready again."""
    notes: list[str] = field(default_factory=list)
    seed: int = 0
    at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M}")
    load: float = field(default_factory=lambda: round(os.getloadavg()[1], 1))
    """Mean number of runnable processes over the last five minutes."""

    def append_to(self, file: Path) -> None:
        """Append the result to a file with one JSON object per line."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(self) + b"\n")


def read_results(file: Path) -> list[FaultResult]:
    """Return the latest result of each fault."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return list({one.fault: one for one in (msgspec.json.decode(line, type=FaultResult) for line in lines)}.values())


class FaultRun:
    """Stack and load of one fault test."""

    def __init__(self, stack: LocalStack, workers: tuple[str, ...], start: datetime, seed: int) -> None:
        self.stack, self.workers, self.seed = stack, frozenset(workers), seed
        self.stack_client = StackClient(stack)
        self._venue = read_venue(stack.settings.venue)
        self._start = start
        self._load: Load | None = None

    @contextmanager
    def load(
        self,
        clock: Clock = true_time,
        is_dead_lettered: Callable[[int], bool] = lambda _tick: False,
        tick_seconds: float = 0.05,
    ) -> Iterator[Load]:
        """Send inputs while the block runs."""
        load = Load(
            self.stack.settings,
            self.workers,
            self._start,
            seed=self.seed,
            tick_seconds=tick_seconds,
            clock=clock,
            is_dead_lettered=is_dead_lettered,
        )
        self._load = load
        load.start()
        try:
            yield load
        except BaseException:
            load.close()
            raise
        load.stop()

    def reconcile(
        self, fault: str, since: float, *, ready: Sequence[float] = (), notes: Sequence[str] = ()
    ) -> FaultResult:
        """Wait until every input has exactly one outcome, and return the result.

        Args:
            since: monotonic time at which the fault ended.
        """
        load = self._load
        assert load is not None
        load.send_closing_tickets()
        load.flush()
        lines: list[InputTotals] = []
        pause = 0.5
        while time.monotonic() - since < RECONCILIATION_TIMEOUT_S:
            lines = self._reconcile_inputs(load) or lines
            if lines and all(line.exact for line in lines):
                break
            time.sleep(pause)
            pause = min(pause * 1.3, 5.0)
        took = time.monotonic() - since
        time.sleep(DUPLICATE_WAIT_S)
        result = FaultResult(fault, self._reconcile_inputs(load) or lines, took, list(ready), list(notes), self.seed)
        load.close()
        return result

    def _reconcile_inputs(self, load: Load) -> list[InputTotals]:
        try:
            return reconcile_inputs(self.stack_client, load, self.workers, self._venue)
        except (KafkaException, TimeoutError, LookupError):  # a broker that has just been restarted
            return []
