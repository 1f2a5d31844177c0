"""Profile of a festival evening: units of earlier evenings, aligned by the programme.

So a set that moves takes its peak along: a moment of this evening is as long after the begin or end of a set as its
counterpart on an earlier evening was after that of the counterpart set. Sets are counterparts by their order before
and after the longest one, the headliner. Within a set time is stretched; in a break it counts from the end of the set
before, and backwards from the next one. There is one alignment for each stage that matters to the bar and one by the
clock; their weights follow the latest errors of this evening (exponentially weighted average; Cesa-Bianchi and
Lugosi, "Prediction, Learning, and Games", 2006, chapter 2). The profile is scaled by how this evening compares with
the earlier ones.

Without a programme, or on the first evening, there is no profile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct, field

from processors.bars.conformal_interval import mean_class
from processors.bars.forecast_combination import BatesGrangerCombination

StageSets = Mapping[str, Sequence[tuple[float, float]]]
"""Begin and end of the sets of each stage in seconds since 1970, in order; the most important stage first."""

MAX_EVENINGS = 3
"""Earlier evenings that are kept."""

MAX_SLOTS = 96
"""Slots of an evening that are kept: a day of quarters."""

EVENING_DECAY = 0.7
"""Weight of an evening relative to the one after it."""

SCALE_UNITS = 300.0
"""Prior units at which an evening is taken to be as busy as those before."""

SCALE_MEMORY = 0.95
"""Weight of a slot relative to the one after it, in the comparison with earlier evenings."""

SHARE_SLOTS = 2
"""Slots before and after that also tell a product's share of all units."""

LEARNING_RATE = 0.5
"""Of the weights of alignments, for the loss of a slot in standard deviations squared."""

MAX_LOSS = 9.0
"""Bound of that loss."""

LOSS_MEMORY = 0.8
"""Weight of a slot's loss relative to that of the one after it."""

MAX_SCALE = 2.0
"""Bound of the factor by which an evening is busier or quieter than those before."""

PRIOR_EVIDENCE, PRIOR_WEIGHT = 40.0, 0.95
"""Prior of the combination: evidence, as `forecast_combination.PRIOR_STRENGTH`, and the weight of the profile in it."""

PRIOR_DECAY = 0.5
"""Prior weight of an alignment relative to the one before it; that by the clock is the last."""

SAMPLES = 3
"""Points of a slot that are looked up on an earlier evening."""

DAY_BEGINS = time(6)
"""Local time at which a festival day begins."""

_CLOCK = ""


class PastEvening(Struct):
    """Sales and programme of one evening.

    Attributes:
        day: proleptic ordinal of its date.
        first_slot: slot of the first value.
        units: units in each slot, by product.
        stages: begin and end of the sets of each stage.
    """

    day: int
    first_slot: int
    units: dict[str, list[float]] = field(default_factory=dict)
    stages: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


class EveningProfileState(Struct):
    """Part of the state of the demand model.

    Attributes:
        past: earlier evenings, the last one last.
        current: this evening.
        losses: of this evening, by alignment.
        sold, expected: units of this evening and of the earlier ones, with forgetting, by alignment.
        combinations: of the profile with the forecast without it, by horizon and class of the mean.
    """

    past: list[PastEvening] = field(default_factory=list)
    current: PastEvening | None = None
    losses: dict[str, float] = field(default_factory=dict)
    sold: dict[str, float] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    combinations: dict[int, dict[int, BatesGrangerCombination]] = field(default_factory=dict)


class EveningProfile:
    """Profile of one bar.

    Args:
        state: as `state` returned it; changed in place.
        slot_length: length of a slot.
    """

    def __init__(self, state: EveningProfileState, slot_length: timedelta) -> None:
        self.state = state
        self._seconds = slot_length.total_seconds()
        self._cache: dict[int, dict[str, float]] = {}

    @property
    def _stages(self) -> StageSets:
        return self.state.current.stages if self.state.current else {}

    def set_programme(self, stages: StageSets, slot: int, start: datetime) -> None:
        """Set the sets of this evening, as they are known now.

        Args:
            slot: open slot.
            start: local time at which it begins.
        """
        current = self._evening_of(slot, start)
        given = {name: list(sets) for name, sets in stages.items()}
        if given != current.stages:
            current.stages = given
            self._cache.clear()

    def close_slot(self, slot: int, start: datetime, units: Mapping[str, float]) -> None:
        """Learn the units of a slot, by product.

        Args:
            start: local time at which the slot begins.
        """
        current = self._evening_of(slot, start)
        if not 0 <= (position := slot - current.first_slot) < MAX_SLOTS:
            return
        self._learn_alignments(slot, sum(units.values()))
        for product, value in units.items():
            row = current.units.setdefault(product, [])
            row += [0.0] * (position + 1 - len(row))
            row[position] = round(value, 1)
        self._cache.clear()

    def units(self, product: str, slots: Sequence[int]) -> float | None:
        """Return the expected units of a product in some slots; None where no earlier evening says it."""
        if not self._stages or not self._earlier():
            return None
        total = 0.0
        for slot in slots:
            by_product = self._cache.get(slot)
            if by_product is None:
                by_product = self._cache[slot] = self._expected_units(slot)
            if not by_product:
                return None
            total += by_product.get(product, 0.0)
        return total

    def blend(self, horizon: int, profile: float | None, online: float) -> float:
        """Return the combination of the profile with the forecast without it."""
        return online if profile is None else self._combination(horizon, profile).mean(profile, online)

    def learn(self, horizon: int, profile: float, online: float, value: float, variance: float, series: int) -> None:
        """Update the weight of the profile with a value; arguments as of `BatesGrangerCombination.learn`."""
        self._combination(horizon, profile).learn(profile, online, value, variance, series)

    def _combination(self, horizon: int, mean: float) -> BatesGrangerCombination:
        prior = BatesGrangerCombination(PRIOR_EVIDENCE * PRIOR_WEIGHT, PRIOR_EVIDENCE)
        return self.state.combinations.setdefault(horizon, {}).setdefault(mean_class(mean), prior)

    def _evening_of(self, slot: int, start: datetime) -> PastEvening:
        """Return this evening; the one before is kept if it had a programme and sales."""
        state, day = self.state, _festival_day(start).toordinal()
        if state.current is not None and state.current.day == day:
            return state.current
        if state.current is not None and state.current.stages and any(map(any, state.current.units.values())):
            state.past = [*state.past, state.current][-MAX_EVENINGS:]
        state.current = PastEvening(day, slot)
        state.losses, state.sold, state.expected = {}, {}, {}
        self._cache.clear()
        return state.current

    def _earlier(self) -> list[PastEvening]:
        """Return the evenings before this one, the last one first."""
        return self.state.past[::-1]

    def _alignments(self) -> list[str]:
        return [*self._stages, _CLOCK]

    def _learn_alignments(self, slot: int, sold: float) -> None:
        state = self.state
        for name in self._alignments() if self._stages else ():
            expected = self._bar_units(name, slot)
            if expected is None:
                continue
            scaled = max(expected * self._scale(name), 0.5)
            loss = min((sold - scaled) ** 2 / (scaled + (0.15 * scaled) ** 2), MAX_LOSS)
            state.losses[name] = LOSS_MEMORY * state.losses.get(name, 0.0) + loss
            state.sold[name] = SCALE_MEMORY * state.sold.get(name, 0.0) + sold
            state.expected[name] = SCALE_MEMORY * state.expected.get(name, 0.0) + expected

    def _scale(self, name: str) -> float:
        sold, expected = self.state.sold.get(name, 0.0), self.state.expected.get(name, 0.0)
        return min(max((sold + SCALE_UNITS) / (expected + SCALE_UNITS), 1 / MAX_SCALE), MAX_SCALE)

    def _expected_units(self, slot: int) -> dict[str, float]:
        """Return the expected units of each product in a slot: the mean of all alignments by their weights."""
        totals: dict[str, float] = {}
        weight_sum = 0.0
        losses = self.state.losses
        least = min(losses.values(), default=0.0)
        for position, name in enumerate(self._alignments()):
            if (units := self._product_units(name, slot)) is None:
                continue
            weight = PRIOR_DECAY**position * math.exp(-LEARNING_RATE * (losses.get(name, least) - least))
            weight_sum += weight
            for product, value in units.items():
                totals[product] = totals.get(product, 0.0) + weight * value * self._scale(name)
        return {product: value / weight_sum for product, value in totals.items()} if weight_sum else {}

    def _product_units(self, name: str, slot: int) -> dict[str, float] | None:
        """Return all units of a slot shared among the products as in the slots around it."""
        total = self._bar_units(name, slot)
        if total is None:
            return None
        around: dict[str, float] = {}
        for other in range(slot - SHARE_SLOTS, slot + SHARE_SLOTS + 1):
            for weight, evening, rate_of in self._rates(name, other):
                for product in evening.units:
                    around[product] = around.get(product, 0.0) + weight * rate_of(product)
        sold = max(sum(around.values()), 1e-9)
        return {product: total * value / sold for product, value in around.items()}

    def _bar_units(self, name: str, slot: int) -> float | None:
        """Return the units of all products in the counterparts of a slot; None without one."""
        weights = value = 0.0
        for weight, evening, rate_of in self._rates(name, slot):
            weights += weight
            value += weight * sum(rate_of(product) for product in evening.units)
        return value / weights if weights else None

    def _rates(self, name: str, slot: int) -> list[tuple[float, PastEvening, Callable[[str], float]]]:
        """Return the weight of each earlier evening, and the units of a product in the counterpart of a slot there."""
        found: list[tuple[float, PastEvening, Callable[[str], float]]] = []
        current = self.state.current
        if current is None:
            return found
        for age, evening in enumerate(self._earlier()):
            moments = [(slot + (i + 0.5) / SAMPLES) * self._seconds for i in range(SAMPLES)]
            if name == _CLOCK:
                there: list[float] | None = [moment - 86_400 * (current.day - evening.day) for moment in moments]
            else:
                begins = current.first_slot * self._seconds, evening.first_slot * self._seconds
                there = counterparts(moments, self._stages[name], evening.stages.get(name, ()), begins)
            if there is None:
                continue
            slots = [int(moment // self._seconds) - evening.first_slot for moment in there]
            found.append((EVENING_DECAY**age, evening, _mean_units(evening, slots)))
        return found


def counterparts(
    moments: Sequence[float],
    sets: Sequence[tuple[float, float]],
    before: Sequence[tuple[float, float]],
    begins: tuple[float, float],
) -> list[float] | None:
    """Return the moments of an earlier evening that correspond to some of this one; None where no sets correspond.

    Args:
        begins: begin of sales on this evening and on the earlier one.
    >>> counterparts([30.0, 90.0, 130.0], [(100.0, 160.0)], [(60.0, 120.0)], (20.0, 0.0))
    [10.0, 50.0, 90.0]
    """
    if not sets or not before:
        return None
    # Sets correspond by their order before and after the longest one.
    shift = _longest(before) - _longest(sets)
    pairs = [(one, before[i + shift]) for i, one in enumerate(sets) if 0 <= i + shift < len(before)]
    ours = [edge for one, _ in pairs for edge in one]
    theirs = [edge for _, other in pairs for edge in other]
    if not pairs:
        return None
    # What is before the first set is a break, too: it begins with the sales.
    ours, theirs = [min(begins[0], ours[0]), *ours], [min(begins[1], theirs[0]), *theirs]
    return [_counterpart(moment, ours, theirs) for moment in moments]


def _counterpart(moment: float, ours: Sequence[float], theirs: Sequence[float]) -> float:
    position = max(1, sum(edge <= moment for edge in ours))
    if position == len(ours):
        return theirs[-1] + (moment - ours[-1])
    begin, end, other_begin, other_end = ours[position - 1], ours[position], theirs[position - 1], theirs[position]
    length, other_length = end - begin, other_end - other_begin
    if position % 2 == 0:  # during a set
        return other_begin + (moment - begin) * other_length / max(length, 1.0)
    if moment - begin <= other_length / 2:
        return other_begin + (moment - begin)
    return max(other_end - (end - moment), other_begin + other_length / 2)


def _longest(sets: Sequence[tuple[float, float]]) -> int:
    return max(range(len(sets)), key=lambda position: sets[position][1] - sets[position][0])


def _mean_units(evening: PastEvening, slots: Sequence[int]) -> Callable[[str], float]:
    def units(product: str) -> float:
        row = evening.units[product]
        return sum(row[slot] for slot in slots if 0 <= slot < len(row)) / len(slots)

    return units


def _festival_day(start: datetime) -> date:
    return start.date() if start.time() >= DAY_BEGINS else start.date() - timedelta(days=1)
