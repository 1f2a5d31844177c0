"""Event rates from counts that are read repeatedly."""

from __future__ import annotations

from collections.abc import Mapping

_WINDOW_SECONDS = 5.0
"""Window in seconds over which rates are computed."""


class EventRates:
    """Events per second of each topic over a sliding window."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, dict[str, int]]] = []

    def update(self, counts: Mapping[str, int], now: float) -> dict[str, float]:
        """Add the counts at a time in seconds and return the rates.

        >>> rates = EventRates()
        >>> rates.update({"pos.sales": 0}, 0.0), rates.update({"pos.sales": 30}, 2.0)
        ({'pos.sales': 0.0}, {'pos.sales': 15.0})
        """
        self._samples = [(when, old) for when, old in self._samples if now - when <= _WINDOW_SECONDS]
        self._samples.append((now, dict(counts)))
        when, before = self._samples[0]
        passed = max(1e-9, now - when)
        return {name: (number - before.get(name, 0)) / passed for name, number in counts.items()}
