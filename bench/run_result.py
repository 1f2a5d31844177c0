"""Result of one benchmark run, and the exception that ends a benchmark."""

from __future__ import annotations

import resource
import time

from msgspec import Struct, field

from schemas.errors import PulsoError
from schemas.ids import BarId, CameraId, ProductId


class BenchError(PulsoError, RuntimeError):
    """A benchmark failed, or its results are wrong; the message says what and where."""


class RunResult(Struct, kw_only=True, forbid_unknown_fields=True):
    """One pass of a worker or of its reference over the events.

    Attributes:
        events: number of events finished in the timed interval.
        seconds: wall-clock length of the interval.
        cpu_seconds: processor time of all threads of the process in the interval.
        batches: number of batches of a worker; 0 for a reference that processes events one by one.
        held_bytes: memory held at the end; 0 if it was not measured.
        tickets: number of tickets by bar; `sold` are units by bar and product. Empty if no tickets were counted.
        latencies: seconds from when each event was due to its end; empty if they were not measured.
        own_latencies: the same on a core that does nothing else, from the processor time of each event.
        scores: what each plan reaches, None where there is no way; empty if nothing was planned.
        texts: translations, in the order of the sentences; empty if nothing was translated.
        persons: sum of persons over all frames; `probabilities` are the last fight probabilities by camera.
    """

    events: int
    seconds: float
    cpu_seconds: float
    batches: int = 0
    held_bytes: int = 0
    tickets: dict[BarId, int] = field(default_factory=dict)
    sold: dict[BarId, dict[ProductId, float]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    own_latencies: list[float] = field(default_factory=list)
    scores: list[int | None] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    persons: float = 0.0
    probabilities: dict[CameraId, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Events per second of processor time, which other load on the machine affects less."""
        return self.events / self.cpu_seconds


def read_clocks() -> tuple[float, float]:
    """Return the monotonic clock and the processor time of this process, both in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime
