"""Exact itineraries by dynamic programming with labels (resource-constrained longest path), best bound first.

A label is a way to be at a place at a minute, with its walking so far and the breaks kept; acts that perform more than
once are remembered, too. A label is dropped if another at the same place, with the same breaks and such acts, is no
later, has walked no more and has no lower score; nor may a friend then have less, up to their floor. A label is
extended by one set or one break, with the walk before it.
The label with the highest bound goes first (A*): its score, and the best that is left if breaks took no time and
walking had no limit. So the first way that is complete is the best.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from operator import ge

from processors.itinerary.problem import BREAK_SCORE, PlannedBreak, PlannedSet, Problem
from processors.itinerary.walks import DayWalks, Walk
from schemas.errors import PulsoError
from schemas.ids import PlaceId

BOUND_MINUTES = 5
"""Bounds are computed for multiples of this, rounded down: higher is faster, and less sharp."""

_DIGITS = 6
"""Decimals of a bound; rounding makes sums of the same terms equal in every order."""


@dataclass(slots=True, eq=False)
class Label:
    """A way to be at a place at a minute.

    Attributes:
        begin: begin of the set or break that ends then.
        walk: walk before it.
        values: utility of each friend, up to the floor; empty for one attendee.
    """

    minute: int
    place: PlaceId
    metres: float
    score: float
    breaks: int = 0
    seen: int = 0
    begin: int = 0
    before: Label | None = None
    walk: Walk | None = None
    done: PlannedSet | PlannedBreak | None = None
    values: tuple[float, ...] = ()
    dominated: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """The best way: its last label, and the walk to the place of arrival."""

    label: Label
    last_walk: Walk | None
    labels: int
    """Labels that were made, a measure of the work."""

    def path(self) -> list[Label]:
        """Return the labels in their order, the first at the place of departure."""
        found: list[Label] = []
        label: Label | None = self.label
        while label is not None:
            found.append(label)
            label = label.before
        return found[::-1]


class Bound:
    """Highest score that is left at a place and minute, if breaks took no time and walking had no limit."""

    def __init__(self, problem: Problem, walks: DayWalks) -> None:
        self._sets = problem.sets
        self._latest = [one.latest for one in problem.sets]
        self._end = problem.end
        self._destination = problem.destination
        self._walks = walks
        self._minutes: dict[PlaceId, list[float]] = {}
        self._known: dict[tuple[PlaceId, int], float] = {}

    def left(self, place: PlaceId, minute: int) -> float:
        """Return the bound; minus infinity if nobody gets from here to the place of arrival in time."""
        minute -= minute % BOUND_MINUTES
        known = self._known.get((place, minute))
        if known is None:
            known = self._known[place, minute] = self._computed(place, minute)
        return known

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
            score = one.score + self.left(one.place, int(max(arrive, one.begin)) + one.needed)
            best = max(best, score)
        return best

    def _minutes_from(self, place: PlaceId) -> list[float]:
        minutes = self._minutes.get(place)
        if minutes is None:
            minutes = [self._walks.least_minutes(place, one.place) for one in self._sets]
            minutes.append(0.0 if self._destination is None else self._walks.least_minutes(place, self._destination))
            self._minutes[place] = minutes
        return minutes


class SearchLimitError(PulsoError):
    """A search was ended before it had found the best way."""


@dataclass(slots=True)
class Planner:
    """Solves one problem.

    Attributes:
        max_labels: labels after which the search is ended; None: never.
    """

    problem: Problem
    walks: DayWalks
    _heap: list[tuple[float, float, int, int, Label, Walk | None]] = field(default_factory=list)
    """Bound below zero, walking, minute, a number that makes entries different, label, and the walk to the arrival."""
    _fronts: dict[tuple[PlaceId, int, int], list[Label]] = field(default_factory=dict)
    _made: int = 0
    _targets: list[PlaceId] = field(default_factory=list)
    max_labels: int | None = None
    _bound: Bound = field(init=False)
    _bounds_of_friends: list[Bound] = field(init=False)

    def __post_init__(self) -> None:
        self._bound = Bound(self.problem, self.walks)
        self._bounds_of_friends = [
            Bound(
                replace(self.problem, sets=[replace(one, score=one.values[friend]) for one in self.problem.sets]),
                self.walks,
            )
            for friend in range(len(self.problem.floors))
        ]
        self._targets = self._places_of_wishes()

    def solve(self) -> Solution | None:
        """Return the best way; None if nobody gets from departure to arrival within time and walking limit.

        Raises:
            SearchLimitError: more labels were made than allowed.
        """
        problem = self.problem
        self._push(
            Label(problem.begin, problem.origin, 0.0, 0.0, begin=problem.begin, values=(0.0,) * len(problem.floors))
        )
        while self._heap:
            *_, label, last_walk = heapq.heappop(self._heap)
            if last_walk is not None:
                return Solution(label, None if problem.destination is None else last_walk, self._made)
            if self.max_labels is not None and self._made > self.max_labels:
                raise SearchLimitError(f"no best way was found with {self.max_labels} labels")
            if not label.dominated:
                self._finish(label)
                self._expand(label)
        return None

    def _places_of_wishes(self) -> list[PlaceId]:
        places = [one.place for one in self.problem.sets]
        places += [place for rest in self.problem.breaks for place in rest.opens]
        if self.problem.destination is not None:
            places.append(self.problem.destination)
        return list(dict.fromkeys(places))

    def _finish(self, label: Label) -> None:
        """Add the walks from a label to the place of arrival."""
        problem = self.problem
        options = [Walk(label.minute, 0.0, 0)]
        if problem.destination is not None:
            options = self.walks.options(label.place, problem.destination, label.minute, problem.end)
        for walk in options:
            metres = label.metres + walk.metres
            if walk.arrive <= problem.end and metres <= problem.max_metres:
                self._add(label.score - problem.loss(label.values), metres, walk.arrive, label, walk)

    def _add(self, bound: float, metres: float, minute: int, label: Label, last_walk: Walk | None) -> None:
        self._made += 1
        heapq.heappush(self._heap, (-round(bound, _DIGITS), metres, minute, self._made, label, last_walk))

    def _expand(self, label: Label) -> None:
        for one in self.problem.sets:
            self._see(label, one)
        for rest in self.problem.breaks:
            if not label.breaks & rest.bit:
                self._rest(label, rest)

    def _see(self, label: Label, one: PlannedSet) -> None:
        if label.minute > one.latest or label.seen & one.again:
            return
        for walk in self.walks.options(label.place, one.place, label.minute, one.latest):
            if walk.arrive > one.latest:
                return
            begin = max(walk.arrive, one.begin)
            self._extend(label, walk, begin, one.needed, one.place, one)

    def _rest(self, label: Label, rest: PlannedBreak) -> None:
        if label.minute + rest.minutes > rest.end:
            return
        if not rest.anywhere:
            for place, intervals in rest.opens.items():
                for walk in self.walks.options(label.place, place, label.minute, rest.latest):
                    for first, last in intervals:
                        begin = max(walk.arrive, first)
                        if begin <= last:
                            self._extend(label, walk, begin, rest.minutes, place, rest)
            return
        for place in self._break_places(label, rest):
            if place in self.problem.avoided and place != label.place:
                continue
            for walk in self.walks.options(label.place, place, label.minute, rest.latest):
                begin = max(walk.arrive, rest.begin)
                if begin + rest.minutes <= rest.end:
                    self._extend(label, walk, begin, rest.minutes, place, rest)

    def _break_places(self, label: Label, rest: PlannedBreak) -> Collection[PlaceId]:
        """Return where a break that may be anywhere is worth having.

        After its window has opened, that is here: to walk on afterwards costs the same as to walk on before. Before it
        opens, it is here or where the visitor goes next. Where the window ends before the visitor gets there, or where
        a way closes meanwhile, every place on the way may be the best.
        """
        if self._closes(label, max(label.minute, rest.begin) + rest.minutes):
            return self.walks.map.places
        if label.minute >= rest.begin:
            return (label.place,)
        places = dict.fromkeys((label.place, *self._targets))
        late = [
            place
            for place in self._targets
            if self.walks.least_minutes(label.place, place) > rest.latest - label.minute
        ]
        for place in late:
            # On the way only: nearer to where the visitor can't be in time.
            least = self.walks.least_metres(label.place, place)
            places |= {one: None for one in self.walks.map.places if self.walks.least_metres(one, place) < least}
        return places

    def _closes(self, label: Label, minute: int) -> bool:
        """Return True if a walk that is possible now is longer, or impossible, after a break."""
        for place in self._targets:
            now = self.walks.at(label.place, place, label.minute)
            later = self.walks.at(label.place, place, minute)
            if now is not None and (later is None or later.metres > now.metres):
                return True
        return False

    def _extend(
        self,
        label: Label,
        walk: Walk,
        begin: int,
        minutes: int,
        place: PlaceId,
        done: PlannedSet | PlannedBreak,
    ) -> None:
        metres = label.metres + walk.metres
        if metres > self.problem.max_metres or begin + minutes > self.problem.end:
            return
        values = label.values
        if isinstance(done, PlannedSet):
            if values:
                values = tuple(map(_up_to, values, done.values, self.problem.floors))
            score, breaks, seen = label.score + done.score, label.breaks, label.seen | done.again
        else:
            score, breaks, seen = label.score + BREAK_SCORE, label.breaks | done.bit, label.seen
        self._push(Label(begin + minutes, place, metres, score, breaks, seen, begin, label, walk, done, values))

    def _push(self, label: Label) -> None:
        """Add a label, unless it can't get to the place of arrival, or another dominates it."""
        problem = self.problem
        home = 0.0 if problem.destination is None else self.walks.least_metres(label.place, problem.destination)
        left = self._bound.left(label.place, label.minute)
        if label.metres + home > problem.max_metres or math.isinf(left):
            return
        # A front is sorted by minute: those up to this minute may dominate, those from this minute on be dominated.
        front = self._fronts.setdefault((label.place, label.breaks, label.seen), [])
        for one in front[: bisect_right(front, label.minute, key=_minute)]:
            if one.metres <= label.metres and one.score >= label.score and _covers(one, label):
                return
        index = bisect_left(front, label.minute, key=_minute)
        kept = []
        for one in front[index:]:
            one.dominated = label.metres <= one.metres and label.score >= one.score and _covers(label, one)
            if not one.dominated:
                kept.append(one)
        front[index:] = [label, *kept]
        for rest in problem.breaks:
            if not label.breaks & rest.bit and label.minute <= rest.latest:
                left += BREAK_SCORE
        left -= problem.loss([
            value + bound.left(label.place, label.minute)
            for value, bound in zip(label.values, self._bounds_of_friends, strict=True)
        ])  # fmt: skip
        self._add(label.score + left, label.metres + home, label.minute, label, None)


def _minute(label: Label) -> int:
    return label.minute


def _up_to(value: float, more: float, floor: float) -> float:
    return min(value + more, floor)


def _covers(one: Label, other: Label) -> bool:
    """Return True if no friend has less in one label than in another."""
    return one.values == other.values or all(map(ge, one.values, other.values))
