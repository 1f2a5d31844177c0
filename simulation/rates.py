"""How fast counts rise."""

from __future__ import annotations

from collections.abc import Mapping

_RATE_OVER = 5.0
"""seconds that rates are taken over"""


class Rates:
    """Events a second of each topic over the last seconds."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, dict[str, int]]] = []

    def update(self, counts: Mapping[str, int], now: float) -> dict[str, float]:
        """Take the counts at a moment in seconds; returns the rates.

        >>> rates = Rates()
        >>> rates.update({"pos.sales": 0}, 0.0), rates.update({"pos.sales": 30}, 2.0)
        ({'pos.sales': 0.0}, {'pos.sales': 15.0})
        """
        self._seen = [(when, old) for when, old in self._seen if now - when <= _RATE_OVER]
        self._seen.append((now, dict(counts)))
        when, before = self._seen[0]
        passed = max(1e-9, now - when)
        return {name: (number - before.get(name, 0)) / passed for name, number in counts.items()}
