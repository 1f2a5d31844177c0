"""Exact itineraries by dynamic programming with labels (resource-constrained longest path).

A label is a way to be at a place at a minute, with its walking so far and the breaks kept; acts that perform more than
once are remembered, too. A label is dropped if another at the same place, with the same breaks and such acts, is no
later, has walked no more and has no lower score. Labels are extended in the order of time by one set or one break, with
the walk before it.

Objective, highest first: breaks kept, must-see acts seen, utility less prices, then less walking, then an earlier
arrival. Breaks stand before must-sees since somebody who asks for a break needs it.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from processors.festival.routing import WalkingMap, walking_minutes
from processors.itinerary.walks import DayWalks, Walk
from schemas.ids import ActId, PlaceId, SetId
from schemas.itinerary import BreakWish, ItineraryWishes
from schemas.programme import ProgrammeSet

SEEN_SHARE = 0.75
"""Share of the scheduled length of a set for which the visitor must be there, without leaving."""

_ROUNDING = 1e-9

Score = tuple[int, int, float]
"""Objective: breaks kept, must-see acts seen, utility less prices. Compared from left to right."""


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """A set that may be seen.

    Attributes:
        begin, end: minutes of the festival day.
        latest: last minute at which somebody who sees it may arrive.
        needed: minutes that somebody must stay.
        value: its share of the score.
        again: bit of an act that performs more than once; 0 for others.
    """

    id: SetId
    act: ActId
    place: PlaceId
    begin: int
    end: int
    latest: int
    needed: int
    value: Score
    again: int


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """A break that may be kept.

    Attributes:
        bit: its bit in the set of breaks that are kept.
        opens: by place, the intervals in which the whole break fits; empty for a break that may be anywhere.
    """

    wish: int
    bit: int
    minutes: int
    begin: int
    end: int
    opens: Mapping[PlaceId, Sequence[tuple[int, int]]]
    anywhere: bool

    @property
    def latest(self) -> int:
        """Return the last minute at which it may begin."""
        return self.end - self.minutes


@dataclass(slots=True, eq=False)
class Label:
    """A way to be at a place at a minute.

    Attributes:
        begin: begin of the set or break that ends then.
        walk: walk before it.
    """

    minute: int
    place: PlaceId
    metres: float
    score: Score
    breaks: int = 0
    seen: int = 0
    begin: int = 0
    before: Label | None = None
    walk: Walk | None = None
    done: PlannedSet | PlannedBreak | None = None
    dominated: bool = False

    def __lt__(self, other: Label) -> bool:
        return (self.minute, self.metres) < (other.minute, other.metres)


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


@dataclass(frozen=True, slots=True)
class Problem:
    """One visit in minutes of its festival day.

    Attributes:
        begin, end: earliest departure and latest arrival.
        destination: None: anywhere.
    """

    begin: int
    end: int
    origin: PlaceId
    destination: PlaceId | None
    max_metres: float
    sets: Sequence[PlannedSet]
    breaks: Sequence[PlannedBreak]
    avoided: Collection[PlaceId] = ()

    @classmethod
    def of(
        cls,
        wishes: ItineraryWishes,
        sets: Collection[ProgrammeSet],
        walks: DayWalks,
        *,
        prices: Mapping[SetId, float] | None = None,
        full: Collection[PlaceId] = (),
        closed: Collection[PlaceId] = (),
    ) -> Problem:
        """Return the problem of an attendee's wishes.

        Args:
            prices: price of a set, in units of utility; 0 where there is none.
            full: places above their limit; nothing there is suggested.
            closed: places that an operator closed.
        """
        begin = math.ceil(walks.minute_of(wishes.begin) - _ROUNDING)
        end = math.floor(walks.minute_of(wishes.end) + _ROUNDING)
        avoided = {*full, *closed}
        breaks = (
            _planned_break(position, wish, begin, end, walks, wishes, avoided)
            for position, wish in enumerate(wishes.breaks)
        )
        return cls(
            begin=begin,
            end=end,
            origin=wishes.origin,
            destination=wishes.destination,
            max_metres=math.inf if wishes.max_walk_m is None else wishes.max_walk_m,
            sets=_planned_sets(wishes, sets, walks, prices or {}, avoided, begin, end),
            breaks=[one for one in breaks if one.anywhere or one.opens],
            avoided=avoided,
        )


def _planned_sets(
    wishes: ItineraryWishes,
    sets: Collection[ProgrammeSet],
    walks: DayWalks,
    prices: Mapping[SetId, float],
    avoided: Collection[PlaceId],
    begin: int,
    end: int,
) -> list[PlannedSet]:
    must_see, dislikes = frozenset(wishes.must_see), frozenset(wishes.dislikes)
    wished = [
        one
        for one in sets
        if one.is_performance
        and one.stage not in avoided
        and (one.act in must_see or (wishes.utilities.get(one.act, 0.0) > 0 and one.act not in dislikes))
    ]
    repeated = sorted({one.act for one in wished if sum(other.act == one.act for other in wished) > 1})
    planned = []
    for one in wished:
        first, last = walks.minute_of(one.begin), walks.minute_of(one.end)
        needed = math.ceil(SEEN_SHARE * (last - first) - _ROUNDING)
        first_minute, latest = math.ceil(first - _ROUNDING), math.floor(last + _ROUNDING) - needed
        is_must_see = one.act in must_see
        utility = wishes.utilities.get(one.act, 0.0) - prices.get(one.id, 0.0)
        if latest < begin or first_minute + needed > end or (utility <= 0 and not is_must_see):
            continue
        planned.append(
            PlannedSet(
                id=one.id,
                act=one.act,
                place=one.stage,
                begin=first_minute,
                end=math.floor(last + _ROUNDING),
                latest=latest,
                needed=needed,
                value=(0, int(is_must_see), utility),
                again=1 << repeated.index(one.act) if one.act in repeated else 0,
            )
        )
    return sorted(planned, key=lambda one: (one.latest, one.id))


def _planned_break(
    position: int,
    wish: BreakWish,
    begin: int,
    end: int,
    walks: DayWalks,
    wishes: ItineraryWishes,
    avoided: Collection[PlaceId],
) -> PlannedBreak:
    first = begin if wish.begin is None else max(begin, math.ceil(walks.minute_of(wish.begin) - _ROUNDING))
    last = end if wish.end is None else min(end, math.floor(walks.minute_of(wish.end) + _ROUNDING))
    opens: dict[PlaceId, list[tuple[int, int]]] = {}
    fits = first + wish.minutes <= last
    if wish.kind is not None and fits:
        for place in walks.map.places.values():
            usable = place.kind == wish.kind and WalkingMap.is_usable(place, wishes.mobility)
            if usable and place.id not in avoided:
                intervals = list(_fitting(walks, place.id, first, last, wish.minutes))
                if intervals:
                    opens[place.id] = intervals
    return PlannedBreak(position, 1 << position, wish.minutes, first, last, opens, wish.kind is None and fits)


def _fitting(walks: DayWalks, place: PlaceId, first: int, last: int, minutes: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last minute at which a break may begin at a place, for each opening interval."""
    hours = walks.map.places[place].hours
    if hours is None or hours.all_day:
        yield first, last - minutes
        return
    zero = walks.begin.timestamp()
    for opens, closes in walks.map.open_intervals(hours, zero + 60 * first):
        begin = max(first, math.ceil((opens - zero) / 60 - _ROUNDING))
        end = min(last, math.floor((closes - zero) / 60 + _ROUNDING))
        if begin + minutes <= end:
            yield begin, end - minutes


@dataclass(slots=True)
class Planner:
    """Solves one problem."""

    problem: Problem
    walks: DayWalks
    _heap: list[Label] = field(default_factory=list)
    _fronts: dict[tuple[PlaceId, int, int], list[Label]] = field(default_factory=dict)
    _best: Label | None = None
    _best_walk: Walk | None = None
    _best_rank: tuple[Score, float, int] | None = None
    _made: int = 0
    _left: dict[int, Score] = field(default_factory=dict)
    _targets: list[PlaceId] = field(default_factory=list)

    def solve(self) -> Solution | None:
        """Return the best way; None if nobody gets from departure to arrival within time and walking limit."""
        problem = self.problem
        self._targets = self._places_of_wishes()
        self._push(Label(problem.begin, problem.origin, 0.0, (0, 0, 0.0), begin=problem.begin))
        while self._heap:
            label = heapq.heappop(self._heap)
            if label.dominated:
                continue
            self._finish(label)
            if self._is_hopeless(label):
                continue
            for one in problem.sets:
                self._see(label, one)
            for rest in problem.breaks:
                if not label.breaks & rest.bit:
                    self._rest(label, rest)
        if self._best is None:
            return None
        return Solution(self._best, self._best_walk, self._made)

    def _places_of_wishes(self) -> list[PlaceId]:
        places = [one.place for one in self.problem.sets]
        places += [place for rest in self.problem.breaks for place in rest.opens]
        if self.problem.destination is not None:
            places.append(self.problem.destination)
        return list(dict.fromkeys(places))

    def _finish(self, label: Label) -> None:
        """Walk to the place of arrival, and keep the best way so far."""
        problem = self.problem
        if problem.destination is None:
            options = [Walk(label.minute, 0.0, 0)]
        else:
            options = self.walks.options(label.place, problem.destination, label.minute, problem.end)
        for walk in options:
            metres = label.metres + walk.metres
            if walk.arrive > problem.end:
                return
            rank = (label.score, -metres, -walk.arrive)
            if metres <= problem.max_metres and (self._best_rank is None or rank > self._best_rank):
                self._best_rank, self._best = rank, label
                self._best_walk = None if problem.destination is None else walk

    def _is_hopeless(self, label: Label) -> bool:
        """Return True if nothing that is still possible makes the label better than the best way."""
        if self._best_rank is None:
            return False
        left = self._left.get(label.minute)
        if left is None:
            sets = [one for one in self.problem.sets if one.latest >= label.minute]
            left = self._left[label.minute] = (
                0,
                sum(one.value[1] for one in sets),
                sum(max(0.0, one.value[2]) for one in sets),
            )
        breaks = sum(
            not label.breaks & rest.bit and label.minute + rest.minutes <= rest.end for rest in self.problem.breaks
        )
        bound = (label.score[0] + breaks, label.score[1] + left[1], label.score[2] + left[2])
        return (bound, -label.metres - self._metres_home(label.place)) < self._best_rank[:2]

    def _metres_home(self, place: PlaceId) -> float:
        destination = self.problem.destination
        return 0.0 if destination is None else self.walks.least_metres(place, destination)

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
        late = [place for place in self._targets if self._minutes(label.place, place) > rest.latest - label.minute]
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

    def _minutes(self, start: PlaceId, end: PlaceId) -> float:
        metres = self.walks.least_metres(start, end)
        return metres if math.isinf(metres) else walking_minutes(metres, self.walks.mobility)

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
        kept, must_sees, utility = label.score
        if isinstance(done, PlannedSet):
            score = (kept, must_sees + done.value[1], utility + done.value[2])
            breaks, seen = label.breaks, label.seen | done.again
        else:
            score, breaks, seen = (kept + 1, must_sees, utility), label.breaks | done.bit, label.seen
        self._push(Label(begin + minutes, place, metres, score, breaks, seen, begin, label, walk, done))

    def _push(self, label: Label) -> None:
        problem = self.problem
        if problem.destination is not None:
            if label.metres + self.walks.least_metres(label.place, problem.destination) > problem.max_metres:
                return
            if label.minute + self._minutes(label.place, problem.destination) > problem.end:
                return
        # A front is sorted by minute: those up to this minute may dominate, those from this minute on be dominated.
        front = self._fronts.setdefault((label.place, label.breaks, label.seen), [])
        for one in front[: bisect_right(front, label.minute, key=_minute)]:
            if one.metres <= label.metres and one.score >= label.score:
                return
        index = bisect_left(front, label.minute, key=_minute)
        kept = []
        for one in front[index:]:
            one.dominated = label.metres <= one.metres and label.score >= one.score
            if not one.dominated:
                kept.append(one)
        front[index:] = [label, *kept]
        self._made += 1
        heapq.heappush(self._heap, label)


def _minute(label: Label) -> int:
    return label.minute
