"""The season of the whole bar, and each product's share of it: where sales are few, the products lend each other one.

A product on its own needs weeks to show its evening; the bar shows it in a day. So a product's mean is the bar's
season times its share of the bar, times how far its own hours differ; both are Gamma posteriors of a Poisson rate,
which begin as the kin of the product are (`kinship`) and forget slowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field

from processors.bars.product_similarity import SharePrior
from processors.bars.seasonality import SeasonalMean, week_hour

MEMORY_DAYS = 45.0
"""days after which a sale tells a third as much about the share"""

HOUR_SHAPE = 8.0
"""units that speak for an hour of the day being the product's share of the bar's like any other"""

WEEK_SLOTS_HOURS = 2.0
"""hours of a slot of the week that its hour of the day counts for"""

HOUR_SLOTS_HOURS = 0.5
"""hours of an hour of the day that the bar's level, or what the bars around sell, counts for"""

SCALE_SHAPE = 5.0
"""units that speak for a bar being as large as those around"""

MEMORY_HOURS = 52.0
"""hours after which the season of a slot of the week begins to forget: a year"""


class ProductShare(Struct):
    """Of one product.

    Attributes:
        sold: units, forgetting.
        expected: units that the whole bar was expected to sell meanwhile, forgetting alike.
        prior: share of the bar by the product's kin.
        shape: how many units the kin's word counts for; 0 where there are none.
        hours: sold and expected units of the product by hour of the day.
    """

    sold: float = 0.0
    expected: float = 0.0
    prior: float = 0.0
    shape: float = 0.0
    hours: dict[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Posterior mean."""
        if self.shape > 0 and self.prior > 0:
            return (self.sold + self.shape) / (self.expected + self.shape / self.prior)
        return self.sold / self.expected if self.expected > 0 else 0.0

    def hour(self, hour: int) -> float:
        """How many times its share the product has in this hour."""
        sold, expected = self.hours.get(hour, (0.0, 0.0))
        return (sold + HOUR_SHAPE) / (expected + HOUR_SHAPE)


class SharedSeasonState(Struct):
    """Part of the bar's row."""

    by_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    by_week_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    level: float = 0.0
    """units of a slot, lately"""
    slots: int = 0
    shares: dict[str, ProductShare] = field(default_factory=dict)
    elsewhere: dict[str, float] = field(default_factory=dict)
    """units of a slot that the mean bar around sells now, by product"""
    sold: float = 0.0
    """units while it was known what the bars around sell"""
    there: float = 0.0
    """units that the mean bar around sold meanwhile"""


class SharedSeason:
    """Learns from closed slots.

    Args:
        slots_an_hour: 4 for quarters.

    >>> shared = SharedSeason(slots_an_hour=1)
    >>> for day in range(1, 8):
    ...     shared.close(datetime(2026, 6, day, 20), {"beer": 30.0, "gin": 10.0})
    ...     shared.close(datetime(2026, 6, day, 21), {"beer": 60.0, "gin": 20.0})
    >>> [round(shared.mean("gin", [datetime(2026, 6, 9, hour)])) for hour in (20, 21)]
    [9, 21]
    """

    def __init__(self, state: SharedSeasonState | None = None, *, slots_an_hour: float = 4.0) -> None:
        self.state = state or SharedSeasonState()
        self._an_hour = max(1.0, slots_an_hour)
        self._keep = 1 - 1 / (MEMORY_DAYS * 24 * self._an_hour)

    def whole(self, at: datetime) -> float:
        """Units that the bar is to sell in the slot that begins at `at` (local time)."""
        state = self.state
        hour, week = state.by_hour.get(at.hour), state.by_week_hour.get(week_hour(at))
        level = state.level
        if around := sum(state.elsewhere.values()):
            level = around * (state.sold + SCALE_SHAPE) / (state.there + SCALE_SHAPE)
        if hour is not None:
            level = (hour.seen * hour.mean + HOUR_SLOTS_HOURS * self._an_hour * level) / (
                hour.seen + HOUR_SLOTS_HOURS * self._an_hour
            )
        if week is None:
            return level
        weight = WEEK_SLOTS_HOURS * self._an_hour
        return (week.seen * week.mean + weight * level) / (week.seen + weight)

    def mean(self, product: str, starts: Iterable[datetime]) -> float:
        """Units of a product in these slots."""
        share = self.state.shares.get(product)
        if share is None:
            return 0.0
        value = share.value
        return value * sum(self.whole(start) * share.hour(start.hour) for start in starts) if value > 0 else 0.0

    def join(self, product: str, found: SharePrior | None) -> None:
        """A new product, of which its kin say what share of the bar it will have."""
        share = ProductShare(prior=found.share, shape=found.shape) if found else ProductShare()
        self.state.shares.setdefault(product, share)

    def shares(self) -> dict[str, float]:
        """Of each product, here or, before anything was sold here, in the bars around."""
        if self.state.slots:
            return {name: share.value for name, share in self.state.shares.items() if share.expected > 0}
        total = sum(self.state.elsewhere.values())
        return {name: units / total for name, units in self.state.elsewhere.items()} if total > 0 else {}

    def close(self, start: datetime, units: Mapping[str, float]) -> None:
        """Learn what was sold in the slot that began at `start`."""
        state, total = self.state, sum(units.values())
        expected = self.whole(start) if state.slots else total
        for product, sold in units.items():
            share = state.shares.setdefault(product, ProductShare())
            known, value = share.expected > 0 or share.shape > 0, share.value
            share.sold = share.sold * self._keep + sold
            share.expected = share.expected * self._keep + expected
            if not known:  # before its first slot nothing was expected: that says nothing of the hour
                value = share.value
            hour, keep = share.hours.get(start.hour, (0.0, 0.0)), 1 - (1 - self._keep) / 4
            share.hours[start.hour] = (hour[0] * keep + sold, hour[1] * keep + value * expected)
        memory = MEMORY_HOURS * self._an_hour
        state.by_hour.setdefault(start.hour, SeasonalMean()).add(total, 7 * memory)
        state.by_week_hour.setdefault(week_hour(start), SeasonalMean()).add(total, memory)
        if around := sum(state.elsewhere.values()):
            state.sold = state.sold * self._keep + total
            state.there = state.there * self._keep + around
        state.slots += 1
        state.level += (total - state.level) * max(0.04, 1 / state.slots)

    def forget(self, keep: float) -> None:
        """After a drift: what was learnt of the shares counts only for so much."""
        for share in self.state.shares.values():
            share.sold *= keep
            share.expected *= keep
