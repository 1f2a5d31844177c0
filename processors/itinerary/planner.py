"""Exact itineraries by dynamic programming with labels (resource-constrained longest path), best bound first.

A label is a way to be at a place at a minute, with its walking so far and the breaks kept; acts that perform more than
once are remembered, too. A label is dropped if another at the same place, with the same breaks and such acts, is no
later, has walked no more and has no lower score; without a limit of walking, a higher score is enough. Where friends
have less in it, up to their floor, the score must be higher by what that may cost. A label is extended by one set or
one break, with the walk before it.
The label with the highest bound goes first (A*): its score, and the best that is left if breaks took no time and
walking had no limit. So the first way that is complete is the best.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from operator import sub

from processors.itinerary.bounds import Bound, FloorBound
from processors.itinerary.problem import BREAK_SCORE, PlannedBreak, PlannedSet, Problem
from processors.itinerary.walks import DayWalks, Walk
from schemas.errors import PulsoError
from schemas.ids import PlaceId

_EQUAL = 1e-6
"""Difference of scores below which they are the same: sums of the same terms in another order."""

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

    @property
    def metres(self) -> float:
        """Return the length of all walks."""
        return self.label.metres + (0.0 if self.last_walk is None else self.last_walk.metres)

    def path(self) -> list[Label]:
        """Return the labels in their order, the first at the place of departure."""
        found: list[Label] = []
        label: Label | None = self.label
        while label is not None:
            found.append(label)
            label = label.before
        return found[::-1]


class SearchLimitError(PulsoError):
    """A search was ended before it had found the best way."""


@dataclass(slots=True)
class Planner:
    """Solves one problem.

    Attributes:
        max_labels: labels after which the search is ended; None: never.
        at_least: score that a way is known to reach; labels that can't reach it are dropped.
    """

    problem: Problem
    walks: DayWalks
    _heap: list[tuple[float, float, int, int, Label, Walk | None]] = field(default_factory=list)
    """Bound below zero, walking, minute, a number that makes entries different, label, and the walk to the arrival."""
    _fronts: dict[tuple[PlaceId, int, int], list[Label]] = field(default_factory=dict)
    _made: int = 0
    _targets: list[PlaceId] = field(default_factory=list)
    max_labels: int | None = None
    at_least: float = -math.inf
    _bound: Bound = field(init=False)
    _is_unlimited: bool = field(init=False)
    _floor_bound: FloorBound | None = field(init=False)

    def __post_init__(self) -> None:
        self._bound = Bound(self.problem, self.walks)
        self._floor_bound = FloorBound(self.problem, self._bound) if self.problem.floors else None
        self._targets = self._places_of_wishes()
        self._is_unlimited = math.isinf(self.problem.max_metres)

    def solve(self) -> Solution | None:
        """Return the best way; None if nobody gets from departure to arrival within time and walking limit.

        Raises:
            SearchLimitError: more labels were made than allowed.
        """
        problem = self.problem
        if not self._is_unlimited:
            # Most ways stay within the limit anyway, and without one there are far fewer labels to keep.
            unlimited = replace(problem, max_metres=math.inf)
            solution = Planner(unlimited, self.walks, max_labels=self.max_labels, at_least=self.at_least).solve()
            if solution is None or solution.metres <= problem.max_metres:
                return solution
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
        missing = self.at_least - label.score - self._open_breaks(label)
        for index, one in enumerate(self.problem.sets):
            if label.minute <= one.latest and self._bound.with_set(label.place, label.minute, index) >= missing:
                self._see(label, one)
        for rest in self.problem.breaks:
            if not label.breaks & rest.bit:
                self._rest(label, rest)

    def _see(self, label: Label, one: PlannedSet) -> None:
        if label.seen & one.again:
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
        reached = label.score + self._open_breaks(label)
        if reached + left < self.at_least:
            return
        if self._floor_bound is not None:
            left = self._floor_bound.left(label.place, label.minute, left, label.values)
            if reached + left < self.at_least:
                return
        # A front is sorted by minute: those up to this minute may dominate, those from this minute on be dominated.
        front = self._fronts.setdefault((label.place, label.breaks, label.seen), [])
        for one in front[: bisect_right(front, label.minute, key=_minute)]:
            if self._dominates(one, label):
                return
        index = bisect_left(front, label.minute, key=_minute)
        kept = []
        for one in front[index:]:
            one.dominated = self._dominates(label, one)
            if not one.dominated:
                kept.append(one)
        front[index:] = [label, *kept]
        self._add(reached + left, label.metres + home, label.minute, label, None)

    def _open_breaks(self, label: Label) -> float:
        """Return the score of the breaks that may still be kept."""
        return sum(
            BREAK_SCORE for rest in self.problem.breaks if not label.breaks & rest.bit and label.minute <= rest.latest
        )

    def _dominates(self, one: Label, other: Label) -> bool:
        """Return True if no way that goes on from another label, which is not earlier, ends better than from one."""
        ahead = one.score - other.score
        if ahead < 0:
            return False
        if one.values != other.values:
            # Wherever both go on to, this much more may be lost from one than from the other.
            ahead -= self.problem.persons * max(0.0, *map(sub, other.values, one.values))
        if ahead < 0:
            return False
        return one.metres <= other.metres or (self._is_unlimited and ahead > _EQUAL)


def _minute(label: Label) -> int:
    return label.minute


def _up_to(value: float, more: float, floor: float) -> float:
    return min(value + more, floor)
