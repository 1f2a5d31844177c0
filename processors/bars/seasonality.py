"""What is remembered of the demand for one product: levels and seasons, as plain numbers."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct, field

FAST, SLOW = 0.3, 0.04
"""weights of the newest slot in the two running levels"""

RECENT = 4

KIN_HOURS = 1.0
"""hours of own sales that weigh as much as the level of the kin"""

LONG = 12.0
"""how much longer the long memory of a season is"""


class SeasonalMean(Struct):
    """Running means of a recurring slot: averages at first, then ones that forget, sooner and later."""

    mean: float = 0.0
    long: float = 0.0
    seen: int = 0

    def add(self, value: float, memory: float) -> None:
        """Take in one value; `memory` is the number of values after which the average begins to forget."""
        self.seen += 1
        self.mean += (value - self.mean) / min(float(self.seen), memory)
        self.long += (value - self.long) / min(float(self.seen), LONG * memory)


class ProductSeries(Struct):
    """Demand for one product in slots of equal length; changed in place, one row holds it."""

    count: float = 0.0
    """units in the open slot"""
    recent: list[float] = field(default_factory=list)
    """units of the last closed slots, newest first"""
    fast: float = 0.0
    slow: float = 0.0
    slots: int = 0
    """closed so far"""
    kin: float = 0.0
    """units a slot that its kin let expect when it was new; 0 where it began with nothing"""
    by_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    by_week_hour: dict[int, SeasonalMean] = field(default_factory=dict)
    yesterday: dict[int, float] = field(default_factory=dict)
    """mean units a slot in each hour of the day, when it was last seen"""

    def close(self, start: datetime, slots_an_hour: float) -> float:
        """Close the slot that began at `start` (local time) and return what was sold in it."""
        value, self.count = self.count, 0.0
        self.recent = [value, *self.recent[: RECENT - 1]]
        self.slots += 1
        seen = self.slots + (KIN_HOURS * slots_an_hour if self.kin else 0.0)
        self.fast += (value - self.fast) * max(FAST, 1 / seen)
        self.slow += (value - self.slow) * max(SLOW, 1 / seen)
        memory = 4 * slots_an_hour
        self.by_hour.setdefault(start.hour, SeasonalMean()).add(value, 3 * memory)
        self.by_week_hour.setdefault(week_hour(start), SeasonalMean()).add(value, memory)
        before = self.yesterday.get(start.hour, value)
        self.yesterday[start.hour] = before + (value - before) / slots_an_hour
        return value

    def season(self, at: datetime) -> float:
        """Units a slot to expect at this time of the week, by what is known best."""
        for season in (self.by_week_hour.get(week_hour(at)), self.by_hour.get(at.hour)):
            if season is not None and season.seen:
                return season.mean
        return self.slow

    def long_season(self, at: datetime) -> float:
        """The same with a long memory, which is steadier where sales are few."""
        for season in (self.by_week_hour.get(week_hour(at)), self.by_hour.get(at.hour)):
            if season is not None and season.seen:
                return season.long
        return self.slow

    def features(self, start: datetime, previous: datetime) -> dict[str, float]:
        """Inputs of the regression for the slot that begins at `start`; all logarithms of units a slot, plus one."""
        recent = [*self.recent, *([self.slow] * RECENT)][:RECENT]
        hour = self.by_hour.get(start.hour)
        return {
            "one": 1.0,
            "last": math.log1p(recent[0]),
            "before": math.log1p(recent[1]),
            "fast": math.log1p(self.fast),
            "slow": math.log1p(self.slow),
            "season": math.log1p(self.season(start)),
            "season of last": math.log1p(self.season(previous)),
            "long season": math.log1p(self.long_season(start)),
            "hour": math.log1p(hour.mean if hour is not None else self.slow),
            "yesterday": math.log1p(self.yesterday.get(start.hour, self.slow)),
        }


def week_hour(at: datetime) -> int:
    """0 on Monday at midnight to 167."""
    return at.weekday() * 24 + at.hour
