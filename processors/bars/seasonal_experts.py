"""Forecasts from seasons alone, as experts of the mixture: means of the slot of the week, and seasons times a ratio.

The ratio is what was sold over the last slots ÷ what the season had expected there: it tells a busy day from a quiet
one. It is a Gamma–Poisson posterior mean whose sums forget exponentially.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

RATIO_SLOTS = (6.0, 40.0)
"""Memories of the ratio in open slots: some hours, and some days of an evening."""

PRIOR_SLOTS, PRIOR_UNITS = 2.0, 5.0
"""Prior strength of a ratio of one: slots at the running level, and units more."""


class SeasonRatios(Struct):
    """Recent sales of one product beside its seasons, part of the bar's row.

    Attributes:
        sold: units over each of `RATIO_SLOTS`, forgotten exponentially.
        expected: units that each season had expected meanwhile, by its name.
    """

    sold: list[float] = field(default_factory=lambda: [0.0] * len(RATIO_SLOTS))
    expected: dict[str, list[float]] = field(default_factory=dict)

    def add(self, units: float, seasons: Mapping[str, float]) -> None:
        """Add the units of a closed slot, and what each season had expected."""
        for place, slots in enumerate(RATIO_SLOTS):
            keep = 1 - 1 / slots
            self.sold[place] = self.sold[place] * keep + units
            for name, expected in seasons.items():
                # A season that is new begins as if it had been right.
                sums = self.expected.setdefault(name, list(self.sold))
                sums[place] = sums[place] * keep + expected

    def forecasts(self, seasons: Mapping[str, float], level: float) -> dict[str, float]:
        """Return each season times each of its ratios, by name.

        Args:
            seasons: units that each season expects over the horizon.
            level: running units/slot.
        """
        prior = PRIOR_SLOTS * level + PRIOR_UNITS
        return {
            f"{name}, {slots:g} slots": units * (max(0.0, sold) + prior) / (max(0.0, expected) + prior)
            for name, units in seasons.items()
            if name in self.expected
            for slots, sold, expected in zip(RATIO_SLOTS, self.sold, self.expected[name], strict=True)
        }
