"""Liveness of the parts of a worker: when each last succeeded, for a signal to the outside."""

from __future__ import annotations

import time
from collections.abc import Callable

LIVENESS = "liveness"
"""Key of the `Liveness` that the features of a worker share, see `WorkerContext.shared`."""

TIME_PART, NOTIFIER_PART = "time", "notifier"
"""Parts of the alerts worker: the path of records through Kafka, and the notifier."""


class Liveness:
    """Times of the last success of each part, by the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}

    def report(self, part: str) -> None:
        """Note that a part has succeeded now."""
        self._last[part] = self._clock()

    def stalled(self, parts: tuple[str, ...], seconds: float) -> tuple[str, ...]:
        """Return the parts that have not succeeded for so long, or never.

        >>> liveness = Liveness(lambda: 100.0)
        >>> liveness.report("notifier")
        >>> liveness.stalled(("notifier", "redis"), 30)
        ('redis',)
        """
        oldest = self._clock() - seconds
        return tuple(part for part in parts if self._last.get(part, float("-inf")) < oldest)
