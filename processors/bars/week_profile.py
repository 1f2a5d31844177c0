"""Units of one product in each slot of the week: lags of a day and a week, and means over some weeks.

`seasonality` keeps its seasons by hour, which suits few sales. Where sales are many, a slot of half an hour has a level
of its own within the hour, and the same slot of yesterday and of a week ago say what kind of day it is. Only slots of
the week that were open are kept, so a profile is never longer than a week of slots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field

MEAN_WEEKS = (4.0, 12.0)
"""Weeks after which the means of a slot of the week begin to forget."""

MIN_COUNT = 2
"""Times that a slot of the week must have been open before its mean is a forecast."""

DIGITS = 3
"""Decimals kept of units: a row holds many of them."""


class WeekSlot(Struct, array_like=True):
    """One slot of the week.

    Attributes:
        number: of the slot in which it was open last, as `slot_number` counts.
        last: units then.
        count: number of times.
        means: units/slot by `MEAN_WEEKS`, then of all times; plain averages at first.
    """

    number: int
    last: float
    count: int
    means: list[float]


class WeekProfile(Struct):
    """Slots of the week of one product, part of the bar's row.

    Attributes:
        slots: by number of the slot modulo the slots of a week.

    >>> profile = WeekProfile()
    >>> for week, units in enumerate((10.0, 20.0, 30.0)):
    ...     profile.add(week * 336, units, 336)
    >>> profile.units(672, 336), profile.units(336, 336), profile.means(1008, 336)
    (30.0, None, (20.0, 20.0, 20.0))
    """

    slots: dict[int, WeekSlot] = field(default_factory=dict)

    def add(self, number: int, units: float, per_week: int) -> None:
        """Add the units of a closed slot; `per_week` is the number of slots of a week."""
        units = round(units, DIGITS)
        slot = self.slots.get(number % per_week)
        if slot is None:
            self.slots[number % per_week] = WeekSlot(number, units, 1, [units] * (len(MEAN_WEEKS) + 1))
            return
        slot.number, slot.last = number, units
        slot.count += 1
        for place, weeks in enumerate((*MEAN_WEEKS, math.inf)):
            slot.means[place] = round(slot.means[place] + (units - slot.means[place]) / min(slot.count, weeks), DIGITS)

    def units(self, number: int, per_week: int) -> float | None:
        """Return the units of a closed slot of the last week; None where it was closed or is longer ago."""
        slot = self.slots.get(number % per_week)
        return slot.last if slot is not None and slot.number == number else None

    def means(self, number: int, per_week: int) -> tuple[float, ...] | None:
        """Return the means of this slot of the week by `MEAN_WEEKS`, then of all times; None if it was never open."""
        slot = self.slots.get(number % per_week)
        return tuple(slot.means) if slot is not None else None

    def seasons(self, numbers: Sequence[int], per_week: int) -> dict[str, float]:
        """Return the units that the longer means expect in these slots; nothing where one was open too seldom."""
        known = [slot for number in numbers if (slot := self.slots.get(number % per_week)) is not None]
        if len(known) < len(numbers) or min(slot.count for slot in known) < MIN_COUNT:
            return {}
        return {"12 weeks": sum(slot.means[1] for slot in known), "all weeks": sum(slot.means[-1] for slot in known)}


def slot_number(start: datetime, slots_per_day: int) -> int:
    """Return the number of the slot that begins at `start` on the local clock, since the calendar began on a Monday.

    Lags of days and weeks are those of the clock, so a change to summer time moves no slot.
    """
    return (start.toordinal() - 1) * slots_per_day + (start.hour * 60 + start.minute) * slots_per_day // (24 * 60)
