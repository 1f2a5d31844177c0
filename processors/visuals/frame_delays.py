"""Delays of a stage's frames on their way: those that waited are not shown."""

from __future__ import annotations

from datetime import datetime

MAX_LATENESS_MS = 1_000
"""A frame that is later than this, against the quickest of its stage, is not shown: after a cut of Kafka all come."""

RESET_FRAMES = 100
"""Late frames in a row after which the source's clock was set, rather than Kafka away."""


class FrameDelays:
    """Delays of one stage's frames between the source's clock and Kafka's, which may differ by any amount."""

    def __init__(self) -> None:
        self._least: float | None = None
        self._late = 0

    def is_late(self, time: datetime, received_at: int) -> bool:
        """Return True for a frame that waited on its way."""
        delay = received_at - time.timestamp() * 1000
        if self._least is None or delay < self._least or self._late >= RESET_FRAMES:
            self._least, self._late = delay, 0
            return False
        late = delay - self._least > MAX_LATENESS_MS
        self._late = self._late + 1 if late else 0
        return late
