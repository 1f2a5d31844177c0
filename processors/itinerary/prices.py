"""Prices of crowded sets, which spread people over the stages.

A set's price is in units of utility, where a plain like is 1. It is zero while the set is expected to stay half empty,
and rises with the square of the expected load, as the delay on a crowded road does (Pigou's congestion charge): those
who care much for an act still go, those who care less are offered something else. A set that is expected to be full is
not offered at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.ids import ListenerId, PlaceId, SetId
from schemas.programme import ProgrammeSet

FREE_LOAD = 0.5
"""Share of the capacity up to which a set has no price."""

FULL_PRICE = 1.0
"""Price of a set at its capacity: that of a plain like."""

FULL_LOAD = 0.97
"""Share of the capacity from which a set is not offered; the rest is for those who come without a plan."""

MEASURED_MINUTES = 30
"""Minutes for which a measured occupancy says how full the sets of a place are."""


def price(load: float) -> float:
    """Return the price of a set that is expected to have a share of its capacity.

    >>> price(0.5), price(0.75), price(1.0)
    (0.0, 0.25, 1.0)
    """
    return FULL_PRICE * (max(0.0, load - FREE_LOAD) / (1 - FREE_LOAD)) ** 2


@dataclass(slots=True)
class ExpectedAttendance:
    """Expected attendance of each set: those whose plan has it, and those expected without a plan.

    Attributes:
        capacities: persons that a place holds; places without one never have a price.
        others: persons expected at a set without a plan of ours.
    """

    capacities: Mapping[PlaceId, float]
    others: Mapping[SetId, float] = field(default_factory=dict)
    _planned: dict[SetId, int] = field(default_factory=dict)
    _sets_of: dict[ListenerId, tuple[frozenset[SetId], int]] = field(default_factory=dict)
    """By attendee: the sets of their plan, and the people who follow it."""
    _measured: dict[PlaceId, tuple[datetime, float]] = field(default_factory=dict)

    def set_plan(self, visitor: ListenerId, sets: Collection[SetId], persons: int = 1) -> None:
        """Replace the plan of an attendee, and of those who go along; an empty one forgets them."""
        before, persons_before = self._sets_of.pop(visitor, (frozenset[SetId](), 0))
        for one in before:
            self._planned[one] -= persons_before
        if sets:
            self._sets_of[visitor] = frozenset(sets), persons
        for one in frozenset(sets):
            self._planned[one] = self._planned.get(one, 0) + persons

    def set_occupancy(self, place: PlaceId, time: datetime, persons: float) -> None:
        """Set the measured occupancy of a place; earlier measurements are ignored."""
        known = self._measured.get(place)
        if known is None or known[0] <= time:
            self._measured[place] = time, persons

    def load(self, one: ProgrammeSet, now: datetime, *, measured_only: bool = False, persons: int = 1) -> float:
        """Return the expected share of the capacity at a set for the last of those who come; 0 where it isn't known.

        Args:
            measured_only: leave out what is expected, and count those who are there.
            persons: people who would come together; the last one finds the others there.
        """
        capacity = self.capacities.get(one.stage)
        if not capacity:
            return 0.0
        expected = 0.0 if measured_only else self._planned.get(one.id, 0) + self.others.get(one.id, 0.0)
        if one.begin <= now + timedelta(minutes=MEASURED_MINUTES) and now < one.end:
            expected = max(expected, self._persons(one.stage, now))
        return (expected + persons - 1) / capacity

    def prices(self, sets: Iterable[ProgrammeSet], now: datetime, *, persons: int = 1) -> dict[SetId, float]:
        """Return the prices of the sets that have one, for the last of those who come together."""
        return {one.id: value for one in sets if (value := price(self.load(one, now, persons=persons))) > 0}

    def full_sets(
        self, sets: Iterable[ProgrammeSet], now: datetime, *, measured_only: bool = False, persons: int = 1
    ) -> set[SetId]:
        """Return the sets that are full, or expected to be, before the last of those who come together is in."""
        return {
            one.id for one in sets if self.load(one, now, measured_only=measured_only, persons=persons) >= FULL_LOAD
        }

    def full_places(self, now: datetime, *, persons: int = 1) -> set[PlaceId]:
        """Return the places that are measured to be at their limit, or have no room for all who come together."""
        return {
            place
            for place, capacity in self.capacities.items()
            if capacity and self._persons(place, now) + persons - 1 >= capacity
        }

    def _persons(self, place: PlaceId, now: datetime) -> float:
        time, persons = self._measured.get(place, (None, 0.0))
        return persons if time is not None and now - time <= timedelta(minutes=MEASURED_MINUTES) else 0.0
