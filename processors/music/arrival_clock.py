"""Time at which streamed sound sounded, from the times at which it arrived."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 20.0
"""Seconds of arrivals that count: longer than a stall that a source survives."""


class ArrivalClock:
    """Minimum filter over delays (as in NTP's clock filter, RFC 5905): sound arrives late, but never early.

    What arrives in a burst after a stall, or when a server hands out its last seconds at once, sounded one after the
    other: it is dated by the arrival that was least late. Where sound was lost, and arrives later for good, the times
    follow after the window.

    >>> clock = ArrivalClock()
    >>> for second in range(1, 4):
    ...     clock.add_arrival(100.0 + second, second)
    >>> clock.add_arrival(113.0, 4)  # ten seconds without a network
    >>> clock.sounded_at(4)
    104.0
    """

    def __init__(self) -> None:
        self._offsets: deque[tuple[float, float]] = deque()

    def add_arrival(self, arrived: float, position: float) -> None:
        """Add a block of sound.

        Args:
            arrived: time of its arrival on any clock that runs evenly, seconds.
            position: position of its end in the sound, seconds.
        """
        offset = arrived - position
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((arrived, offset))
        while self._offsets[0][0] < arrived - WINDOW_SECONDS:
            self._offsets.popleft()

    def sounded_at(self, position: float) -> float:
        """Return the time at which a position sounded, on the clock of the arrivals.

        Raises:
            IndexError: Nothing has arrived.
        """
        return self._offsets[0][1] + position
