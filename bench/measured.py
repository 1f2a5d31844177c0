"""What one contestant did, and the error that ends a bench."""

from __future__ import annotations

import resource
import time

from msgspec import Struct, field

from schemas.errors import PulsoError


class BenchError(PulsoError, RuntimeError):
    """Something did not run, or its results are wrong. The message says what and where."""


class Measured(Struct, kw_only=True, forbid_unknown_fields=True):
    """One pass over the events, of a worker or of its reference.

    Attributes:
        events: finished between the two moments that were taken.
        seconds: between them, by the wall clock.
        cpu_seconds: that the process used between them, all its threads together.
        batches: that a worker took those events in; 0 for what takes them one by one.
        tickets: by bar, and `sold` units by bar and product; empty where no tickets were counted.
        held_bytes: of memory that it still held after its work; 0 where that was not asked.
        persons: seen in all frames together, and `probabilities` of a fight at the end, by camera.
    """

    events: int
    seconds: float
    cpu_seconds: float
    batches: int = 0
    held_bytes: int = 0
    tickets: dict[str, int] = field(default_factory=dict)
    sold: dict[str, dict[str, float]] = field(default_factory=dict)
    persons: float = 0.0
    probabilities: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Events a second of processor time, which other people's work on the machine disturbs less."""
        return self.events / self.cpu_seconds


def moment() -> tuple[float, float]:
    """The clock, and the processor time of this process so far, both in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime
