"""Upper bounds of what is left to a search: of the score, and of the score less what friends lose below their floors.

A plan of n friends loses n times the largest shortfall. For weights w of the friends, none negative and at most 1
together, that is at least n Σ wᵢ times the shortfall of friend i (a Lagrangian bound). So the score is at most that of
a problem without floors in which n wᵢ times the value for friend i is added to each set, less n Σ wᵢ floorᵢ. The bound
of a few such weights, chosen at the begin of the visit, is far below that of each friend by itself: it knows that what
is done for one friend is not done for another.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from processors.itinerary.problem import PlannedSet, Problem
from processors.itinerary.walks import DayWalks
from schemas.ids import PlaceId

BOUND_MINUTES = 5
"""Bounds are computed for multiples of this, rounded down: higher is faster, and less sharp."""

WEIGHT_STEPS = 5
"""Steps of the search for weights; each costs a bound of the whole visit."""

KEPT_WEIGHTS = 3
"""Weights whose bounds are used, the sharpest ones."""


class Bound:
    """Highest score that is left at a place and minute, if breaks took no time and walking had no limit."""

    def __init__(self, problem: Problem, walks: DayWalks) -> None:
        self._sets = problem.sets
        self._scores = [one.score for one in problem.sets]
        self._latest = [one.latest for one in problem.sets]
        self._end = problem.end
        self._destination = problem.destination
        self._walks = walks
        self._minutes: dict[PlaceId, list[float]] = {}
        self._known: dict[tuple[PlaceId, int], float] = {}
        self._next: dict[tuple[PlaceId, int], int] = {}

    def with_scores(self, scores: list[float]) -> Bound:
        """Return the bound of the same visit with other scores of its sets."""
        other = object.__new__(Bound)
        other.__dict__.update(self.__dict__)
        other._scores, other._known, other._next = scores, {}, {}
        return other

    def left(self, place: PlaceId, minute: int) -> float:
        """Return the bound; minus infinity if nobody gets from here to the place of arrival in time."""
        minute -= minute % BOUND_MINUTES
        known = self._known.get((place, minute))
        if known is None:
            known = self._known[place, minute] = self._computed(place, minute)
        return known

    def with_set(self, place: PlaceId, minute: int, index: int) -> float:
        """Return the bound if a set is next; minus infinity if it can't be."""
        one = self._sets[index]
        arrive = minute + self._minutes_from(place)[index]
        if arrive > one.latest:
            return -math.inf
        return self._scores[index] + self.left(one.place, int(max(arrive, one.begin)) + one.needed)

    def best_sets(self, place: PlaceId, minute: int) -> list[PlannedSet]:
        """Return the sets of a way that reaches the bound."""
        self.left(place, minute)
        found: list[PlannedSet] = []
        while (index := self._next.get((place, minute - minute % BOUND_MINUTES))) is not None:
            one = self._sets[index]
            arrive = minute - minute % BOUND_MINUTES + self._minutes_from(place)[index]
            place, minute = one.place, int(max(arrive, one.begin)) + one.needed
            found.append(one)
        return found

    def _computed(self, place: PlaceId, minute: int) -> float:
        *to_sets, home = self._minutes_from(place)
        if minute + home > self._end:
            return -math.inf
        best = 0.0
        for index in range(bisect_left(self._latest, minute), len(self._sets)):
            one = self._sets[index]
            arrive = minute + to_sets[index]
            if arrive > one.latest:
                continue
            score = self._scores[index] + self.left(one.place, int(max(arrive, one.begin)) + one.needed)
            if score > best:
                best = score
                self._next[place, minute] = index
        return best

    def _minutes_from(self, place: PlaceId) -> list[float]:
        minutes = self._minutes.get(place)
        if minutes is None:
            minutes = [self._walks.least_minutes(place, one.place) for one in self._sets]
            minutes.append(0.0 if self._destination is None else self._walks.least_minutes(place, self._destination))
            self._minutes[place] = minutes
        return minutes


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Bound for weights, which are multiplied by the number of persons."""

    weights: tuple[float, ...]
    bound: Bound


class FloorBound:
    """Highest score that is left, less what the friend who is farthest below the floor makes the plan lose."""

    def __init__(self, problem: Problem, bound: Bound) -> None:
        self._problem = problem
        self._friends = [
            bound.with_scores([one.values[friend] for one in problem.sets]) for friend in range(len(problem.floors))
        ]
        self._weighted = self._sharpest(bound)

    def left(self, place: PlaceId, minute: int, left: float, values: Sequence[float]) -> float:
        """Return the bound of the score and the loss.

        Args:
            left: bound of the score alone, without breaks.
            values: utility of each friend, up to the floor.
        """
        best = left - self._problem.loss([
            value + bound.left(place, minute) for value, bound in zip(values, self._friends, strict=True)
        ])  # fmt: skip
        for one in self._weighted:
            short = sum(map(_weighted_shortfall, one.weights, self._problem.floors, values))
            best = min(best, one.bound.left(place, minute) - short)
        return best

    def _sharpest(self, bound: Bound) -> list[_Weighted]:
        """Return the bounds of the weights that are lowest at the begin, found by steps against the subgradient."""
        problem = self._problem
        weights = [0.0] * len(problem.floors)
        found: list[tuple[float, _Weighted]] = []
        weighted = bound
        for step in range(WEIGHT_STEPS):
            seen = weighted.best_sets(problem.origin, problem.begin)
            short = [floor - sum(one.values[friend] for one in seen) for friend, floor in enumerate(problem.floors)]
            length = math.hypot(*short)
            if length == 0:
                break
            weights = _on_simplex(
                [max(0.0, weight + one / length / (step + 1.5)) for weight, one in zip(weights, short, strict=True)]
            )
            scaled = tuple(problem.persons * one for one in weights)
            weighted = bound.with_scores(
                [
                    one.score + sum(weight * value for weight, value in zip(scaled, one.values, strict=True))
                    for one in problem.sets
                ]
            )
            total = weighted.left(problem.origin, problem.begin) - sum(
                weight * floor for weight, floor in zip(scaled, problem.floors, strict=True)
            )
            found.append((total, _Weighted(scaled, weighted)))
        return [one for _, one in sorted(found, key=_total)[:KEPT_WEIGHTS]]


def _total(one: tuple[float, _Weighted]) -> float:
    return one[0]


def _weighted_shortfall(weight: float, floor: float, value: float) -> float:
    return weight * (floor - value)


def _on_simplex(weights: list[float]) -> list[float]:
    """Return weights that are at most 1 together."""
    total = sum(weights)
    return weights if total <= 1 else [one / total for one in weights]
