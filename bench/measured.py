"""Measurement of one contestant, and the error that ends a benchmark."""

from __future__ import annotations

import resource
import time

from msgspec import Struct, field

from schemas.errors import PulsoError


class BenchError(PulsoError, RuntimeError):
    """A process did not run, or its results are wrong; the message names it."""


class Measured(Struct, kw_only=True, forbid_unknown_fields=True):
    """One pass over the events, of a worker or of its reference.

    Attributes:
        events: handled between begin and end of the measurement.
        seconds: wall-clock time of the measurement.
        cpu_seconds: processor time of the process, all threads together.
        batches: number of batches; 0 for contestants that handle events one by one.
        tickets: by bar, and `sold` units by bar and product; empty where no tickets were counted.
        held_bytes: memory that is held after the work; 0 where it was not measured.
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
        """Return events per second."""
        return self.events / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Return events per second of processor time, which other load on the machine disturbs less."""
        return self.events / self.cpu_seconds


def moment() -> tuple[float, float]:
    """Return the monotonic clock and the processor time of this process, both in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime
