"""Forecasts that anyone could make, to be beaten: the last slot, yesterday, last week, and seasonal means."""

from __future__ import annotations

from datetime import datetime

NAMES = ("last_slot", "yesterday", "last_week", "mean_of_last_four_weeks", "expanding_mean")


class NaiveForecasts:
    """Naive forecasts of one series in slots of equal length.

    Args:
        slots_a_day: 24 for hours.

    >>> naive = NaiveForecasts(24)
    >>> for day in range(7):
    ...     naive.learn(datetime(2026, 6, 1 + day, 12), 5.0 + day)
    >>> naive.forecast(datetime(2026, 6, 8, 12))["expanding_mean"]
    5.0
    """

    def __init__(self, slots_a_day: int) -> None:
        self._slots_a_day = slots_a_day
        self._values: dict[int, float] = {}
        self._sums: dict[int, tuple[float, int]] = {}
        self._total = (0.0, 0)

    def learn(self, start: datetime, value: float) -> None:
        """What came in the slot that began at `start`."""
        self._values[self._slot(start)] = value
        kind = self._slot(start) % (7 * self._slots_a_day)
        total, seen = self._sums.get(kind, (0.0, 0))
        self._sums[kind] = (total + value, seen + 1)
        self._total = (self._total[0] + value, self._total[1] + 1)

    def forecast(self, start: datetime) -> dict[str, float]:
        """One forecast of each kind for the slot at `start`; what is not yet known is the mean of all."""
        slot, day = self._slot(start), self._slots_a_day
        mean = self._total[0] / max(1, self._total[1])
        weeks = [self._values[slot - 7 * day * w] for w in range(1, 5) if slot - 7 * day * w in self._values]
        total, seen = self._sums.get(slot % (7 * day), (mean, 1))
        found = (
            self._values.get(slot - 1, mean),
            self._values.get(slot - day, mean),
            self._values.get(slot - 7 * day, mean),
            sum(weeks) / len(weeks) if weeks else mean,
            total / seen,
        )
        return dict(zip(NAMES, found, strict=True))

    def before(self, start: datetime) -> float:
        """What came in the slot before the last."""
        return self._values.get(self._slot(start) - 2, 0.0)

    def _slot(self, start: datetime) -> int:
        minutes = start.toordinal() * 24 * 60 + start.hour * 60 + start.minute
        return minutes * self._slots_a_day // (24 * 60)
