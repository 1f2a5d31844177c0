"""Levels and seasons of a bar's demand: of each product alone, and shared by all products of the bar.

`ProductSeries` keeps exponentially smoothed levels and seasonal means of one product. `SharedSeason` keeps the seasonal
means of the whole bar and each product's share of it: where sales are few, a product on its own needs weeks to show
its evening, and the bar shows it in a day. A product's mean is the bar's season times its share of the bar, times a
factor for the hour of the day; share and factor are Gamma–Poisson posterior means (Gelman et al., Bayesian Data
Analysis, 3rd ed., section 2.6) that forget slowly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from processors.bars.product_similarity import SharePrior
from processors.bars.seasonal_experts import SeasonRatios
from processors.bars.week_profile import WeekProfile

FAST_RATE, SLOW_RATE = 0.3, 0.04
"""Smoothing rates of the two levels of a series: the weight of the newest slot."""

RECENT_SLOTS = 4
"""Number of closed slots kept: an hour of quarters, the longest horizon."""

INITIAL_RATE_HOURS = 1.0
"""Hours of own sales that weigh as much as the initial rate of a new product."""

LONG_MEMORY_FACTOR = 12.0
"""Ratio of the memory of a season's long mean to that of its mean."""

SHARE_MEMORY_DAYS = 45.0
"""Days after which a sale has 1/e of its weight in the product's share."""

HOUR_FACTOR_UNITS = 8.0
"""Prior strength, in units, of a product having the same share in each hour of the day."""

WEEK_HOUR_PRIOR_HOURS = 2.0
"""Hours of a slot of the week that the mean of its hour of the day counts for."""

DAY_HOUR_PRIOR_HOURS = 0.5
"""Hours of an hour of the day that the bar's level, or the neighbours' sales, count for."""

SCALE_PRIOR_UNITS = 5.0
"""Prior strength, in units, of a bar being as large as its neighbours."""

SEASON_MEMORY_HOURS = 52.0
"""Hours after which the mean of an hour of the week begins to forget: one hour a week, so a year."""

LEVEL_RATE = 0.04
"""Smoothing rate of the bar's level: as that of a product's slow level."""


class SeasonalMean(Struct):
    """Running means of a recurring slot: plain averages at first, then with exponential forgetting.

    Attributes:
        mean: forgets after `memory` values.
        long_mean: forgets `LONG_MEMORY_FACTOR` times later.
        count: number of values.
    """

    mean: float = 0.0
    long_mean: float = field(default=0.0, name="long")
    count: int = field(default=0, name="seen")

    def add(self, value: float, memory: float) -> None:
        """Add one value; `memory` is the number of values after which the average begins to forget."""
        self.count += 1
        self.mean += (value - self.mean) / min(float(self.count), memory)
        self.long_mean += (value - self.long_mean) / min(float(self.count), LONG_MEMORY_FACTOR * memory)


class ProductSeries(Struct):
    """Demand for one product in slots of equal length, part of the bar's row.

    Attributes:
        open_units: units in the open slot.
        recent: units of the last closed slots, newest first.
        fast_level: exponentially smoothed units/slot with `FAST_RATE`.
        slow_level: exponentially smoothed units/slot with `SLOW_RATE`.
        closed_slots: number of closed slots.
        initial_rate: units/slot expected from similar products when it was new; 0 where there were none.
        by_hour: seasonal means by hour of the day.
        by_week_hour: seasonal means by hour of the week.
        yesterday: mean units/slot of each hour of the day on the last day with that hour.
        week: units by slot of the week.
        ratios: recent sales beside the seasons.
    """

    open_units: float = field(default=0.0, name="count")
    recent: list[float] = field(default_factory=list)
    fast_level: float = field(default=0.0, name="fast")
    slow_level: float = field(default=0.0, name="slow")
    closed_slots: int = field(default=0, name="slots")
    initial_rate: float = field(default=0.0, name="kin")
    by_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    by_week_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    yesterday: dict[int, float] = field(default_factory=dict)
    week: WeekProfile = field(default_factory=WeekProfile)
    ratios: SeasonRatios = field(default_factory=SeasonRatios)

    def close_slot(self, start: datetime, slots_per_hour: float) -> float:
        """Close the slot that began at `start` (local time) and return the units sold in it."""
        value, self.open_units = self.open_units, 0.0
        self.recent = [value, *self.recent[: RECENT_SLOTS - 1]]
        self.closed_slots += 1
        count = self.closed_slots + (INITIAL_RATE_HOURS * slots_per_hour if self.initial_rate else 0.0)
        self.fast_level += (value - self.fast_level) * max(FAST_RATE, 1 / count)
        self.slow_level += (value - self.slow_level) * max(SLOW_RATE, 1 / count)
        memory = 4 * slots_per_hour
        self.by_hour.setdefault(start.hour, SeasonalMean()).add(value, 3 * memory)
        self.by_week_hour.setdefault(week_hour(start), SeasonalMean()).add(value, memory)
        before = self.yesterday.get(start.hour, value)
        self.yesterday[start.hour] = before + (value - before) / slots_per_hour
        return value

    def lags(self, first: int, numbers: Sequence[int], per_week: int) -> dict[str, float]:
        """Return the regression's features from the slots of the week: log(1 + units/slot) each.

        Args:
            first: number of the open slot on the local clock (`week_profile.slot_number`).
            numbers: of the open slots of the horizon.
            per_week: number of slots of a week.
        """
        day = per_week // 7
        previous = self.week.means(first - 1, per_week)
        season = self._week_mean(numbers, per_week)
        last_season = previous[0] if previous else self.slow_level
        return {
            "slot season": _log(season),
            "slot season of last": _log(last_season),
            "day ago": _log(self._past(numbers, day, per_week, season)),
            "week ago": _log(self._past(numbers, per_week, per_week, season)),
            "last, day ago": _log(self._past((first - 1,), day, per_week, last_season)),
            "last, week ago": _log(self._past((first - 1,), per_week, per_week, last_season)),
        }

    def _week_mean(self, numbers: Sequence[int], per_week: int) -> float:
        known = [means[0] for number in numbers if (means := self.week.means(number, per_week))]
        return sum(known) / len(known) if known else self.slow_level

    def _past(self, numbers: Sequence[int], lag: int, per_week: int, default: float) -> float:
        known = [units for number in numbers if (units := self.week.units(number - lag, per_week)) is not None]
        return max(0.0, sum(known) / len(known)) if known else default

    def season(self, at: datetime) -> float:
        """Return units/slot at this time of the week: by hour of the week, else of the day, else the slow level."""
        for season in (self.by_week_hour.get(week_hour(at)), self.by_hour.get(at.hour)):
            if season is not None and season.count:
                return season.mean
        return self.slow_level

    def long_season(self, at: datetime) -> float:
        """Return the season with a long memory, which is steadier where sales are few."""
        for season in (self.by_week_hour.get(week_hour(at)), self.by_hour.get(at.hour)):
            if season is not None and season.count:
                return season.long_mean
        return self.slow_level

    def features(self, start: datetime, previous: datetime) -> dict[str, float]:
        """Return the regression's features for the slot that begins at `start`: log(1 + units/slot) each."""
        recent = [*self.recent, *([self.slow_level] * RECENT_SLOTS)][:RECENT_SLOTS]
        hour = self.by_hour.get(start.hour)
        return {
            "one": 1.0,
            "last": _log(recent[0]),
            "before": _log(recent[1]),
            "fast": _log(self.fast_level),
            "slow": _log(self.slow_level),
            "season": _log(self.season(start)),
            "season of last": _log(self.season(previous)),
            "long season": _log(self.long_season(start)),
            "hour": _log(hour.mean if hour is not None else self.slow_level),
            "yesterday": _log(self.yesterday.get(start.hour, self.slow_level)),
        }


def _log(units: float) -> float:
    """Return log(1 + units), to as many digits as a row should hold."""
    return round(math.log1p(units), 5)


class ProductShare(Struct):
    """Gamma–Poisson estimate of a product's share of its bar.

    Attributes:
        sold: units, with exponential forgetting.
        expected: units that the whole bar was expected to sell meanwhile, forgotten alike.
        prior_share: share by similar products.
        prior_units: strength of that prior in units; 0 where there is none.
        by_hour: sold and expected units of the product by hour of the day.
    """

    sold: float = 0.0
    expected: float = 0.0
    prior_share: float = field(default=0.0, name="prior")
    prior_units: float = field(default=0.0, name="shape")
    by_hour: dict[int, tuple[float, float]] = field(default_factory=dict, name="hours")

    @property
    def value(self) -> float:
        """Posterior mean of the share."""
        if self.prior_units > 0 and self.prior_share > 0:
            return (self.sold + self.prior_units) / (self.expected + self.prior_units / self.prior_share)
        return self.sold / self.expected if self.expected > 0 else 0.0

    def hour_factor(self, hour: int) -> float:
        """Return the factor by which the share differs in this hour of the day."""
        sold, expected = self.by_hour.get(hour, (0.0, 0.0))
        return (sold + HOUR_FACTOR_UNITS) / (expected + HOUR_FACTOR_UNITS)


class SharedSeasonState(Struct):
    """Part of the bar's row.

    Attributes:
        by_hour: seasonal means of the bar by hour of the day.
        by_week_hour: seasonal means of the bar by hour of the week.
        level: exponentially smoothed units/slot of the bar.
        slots: number of closed slots.
        shares: by product.
        neighbour_units: current units/slot of the mean neighbouring bar, by product.
        compared_units: units sold here in slots where the neighbours' sales were available.
        compared_neighbour_units: units of the mean neighbouring bar in the same slots.
    """

    by_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    by_week_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    level: float = 0.0
    slots: int = 0
    shares: dict[str, ProductShare] = field(default_factory=dict)
    neighbour_units: dict[str, float] = field(default_factory=dict, name="elsewhere")
    compared_units: float = field(default=0.0, name="sold")
    compared_neighbour_units: float = field(default=0.0, name="there")


class SharedSeason:
    """Season of the whole bar and the share of each product, learnt from closed slots.

    Args:
        state: as the attribute `state`; None to begin anew.
        slots_per_hour: 4 for quarters.

    Attributes:
        state: state to store.

    >>> shared = SharedSeason(slots_per_hour=1)
    >>> for day in range(1, 8):
    ...     shared.close_slot(datetime(2026, 6, day, 20), {"beer": 30.0, "gin": 10.0})
    ...     shared.close_slot(datetime(2026, 6, day, 21), {"beer": 60.0, "gin": 20.0})
    >>> [round(shared.mean("gin", [datetime(2026, 6, 9, hour)])) for hour in (20, 21)]
    [9, 21]
    """

    def __init__(self, state: SharedSeasonState | None = None, *, slots_per_hour: float = 4.0) -> None:
        self.state = state or SharedSeasonState()
        self._slots_per_hour = max(1.0, slots_per_hour)
        self._keep = 1 - 1 / (SHARE_MEMORY_DAYS * 24 * self._slots_per_hour)

    def bar_units(self, at: datetime) -> float:
        """Return the units that the bar is expected to sell in the slot that begins at `at` (local time).

        The means by hour of the week, by hour of the day and the level (or the neighbours' scaled sales) shrink towards
        each other in this order, each weighted by its number of slots.
        """
        state = self.state
        hour, week = state.by_hour.get(at.hour), state.by_week_hour.get(week_hour(at))
        level = state.level
        if neighbours := sum(state.neighbour_units.values()):
            scale = state.compared_units + SCALE_PRIOR_UNITS
            level = neighbours * scale / (state.compared_neighbour_units + SCALE_PRIOR_UNITS)
        if hour is not None:
            weight = DAY_HOUR_PRIOR_HOURS * self._slots_per_hour
            level = (hour.count * hour.mean + weight * level) / (hour.count + weight)
        if week is None:
            return level
        weight = WEEK_HOUR_PRIOR_HOURS * self._slots_per_hour
        return (week.count * week.mean + weight * level) / (week.count + weight)

    def mean(self, product: str, starts: Iterable[datetime]) -> float:
        """Return the mean units of a product in the slots that begin at these local times."""
        share = self.state.shares.get(product)
        if share is None:
            return 0.0
        value = share.value
        if value <= 0:
            return 0.0
        return value * sum(self.bar_units(start) * share.hour_factor(start.hour) for start in starts)

    def add_product(self, product: str, prior: SharePrior | None) -> None:
        """Add a new product with the prior of its share, if similar products give one."""
        share = ProductShare(prior_share=prior.share, prior_units=prior.shape) if prior else ProductShare()
        self.state.shares.setdefault(product, share)

    def shares(self) -> dict[str, float]:
        """Return the share of each product here or, before the first closed slot, in the neighbouring bars."""
        if self.state.slots:
            return {name: share.value for name, share in self.state.shares.items() if share.expected > 0}
        total = sum(self.state.neighbour_units.values())
        return {name: units / total for name, units in self.state.neighbour_units.items()} if total > 0 else {}

    def close_slot(self, start: datetime, units: Mapping[str, float]) -> None:
        """Learn the units sold by product in the slot that began at `start` (local time)."""
        state, total = self.state, sum(units.values())
        expected = self.bar_units(start) if state.slots else total
        for product, sold in units.items():
            share = state.shares.setdefault(product, ProductShare())
            has_estimate, value = share.expected > 0 or share.prior_units > 0, share.value
            share.sold = share.sold * self._keep + sold
            share.expected = share.expected * self._keep + expected
            if not has_estimate:  # nothing was expected before its first slot: that says nothing about the hour
                value = share.value
            hour, keep = share.by_hour.get(start.hour, (0.0, 0.0)), 1 - (1 - self._keep) / 4
            share.by_hour[start.hour] = (hour[0] * keep + sold, hour[1] * keep + value * expected)
        memory = SEASON_MEMORY_HOURS * self._slots_per_hour
        state.by_hour.setdefault(start.hour, SeasonalMean()).add(total, 7 * memory)
        state.by_week_hour.setdefault(week_hour(start), SeasonalMean()).add(total, memory)
        if neighbours := sum(state.neighbour_units.values()):
            state.compared_units = state.compared_units * self._keep + total
            state.compared_neighbour_units = state.compared_neighbour_units * self._keep + neighbours
        state.slots += 1
        state.level += (total - state.level) * max(LEVEL_RATE, 1 / state.slots)


def week_hour(at: datetime) -> int:
    """Return the hour of the week, 0 on Monday at midnight to 167."""
    return at.weekday() * 24 + at.hour
