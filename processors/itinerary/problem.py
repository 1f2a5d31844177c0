"""The planning problem of one attendee: sets and breaks in minutes of the festival day, and the objective.

Objective, highest first: breaks kept, must-see acts seen, utility less prices; among plans that are equal, less
walking, then an earlier arrival. For friends, utility is that of all together, less the loss of the one who is
farthest below a floor (`processors/itinerary/groups.py`). Breaks stand before must-sees since somebody who asks for a
break needs it. A score is one number, so that scores add up and compare as that order demands.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from processors.festival.routing import WalkingMap
from processors.itinerary.walks import DayWalks
from schemas.ids import ActId, PlaceId, SetId
from schemas.itinerary import BreakWish, ItineraryWishes
from schemas.programme import ProgrammeSet

SEEN_SHARE = 0.75
"""Share of the scheduled length of a set for which the visitor must be there, without leaving."""

BREAK_SCORE = 1e8
"""Score of a break that is kept; more than all must-sees together."""

MUST_SEE_SCORE = 1e5
"""Score of a must-see act; more than all utilities together, which are 1 for a plain like."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """A set that may be seen.

    Attributes:
        begin, end: minutes of the festival day.
        latest: last minute at which somebody who sees it may arrive.
        needed: minutes that somebody must stay.
        score: part of the objective, less the price.
        again: bit of an act that performs more than once; 0 for others.
        values: value for each of several friends; empty for one attendee.
    """

    id: SetId
    act: ActId
    place: PlaceId
    begin: int
    end: int
    latest: int
    needed: int
    score: float
    again: int
    values: tuple[float, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Problem:
    """One visit in minutes of its festival day.

    Attributes:
        begin, end: earliest departure and latest arrival.
        destination: None: anywhere.
        floors: utility below which some of several friends shouldn't be; empty for one attendee.
        persons: those who go together.
    """

    begin: int
    end: int
    origin: PlaceId
    destination: PlaceId | None
    max_metres: float
    sets: Sequence[PlannedSet]
    breaks: Sequence[PlannedBreak]
    avoided: Collection[PlaceId] = ()
    floors: tuple[float, ...] = ()
    persons: int = 1

    def loss(self, values: Sequence[float]) -> float:
        """Return what a plan loses for the friend who is farthest below the floor, once for each person."""
        short = (floor - value for floor, value in zip(self.floors, values, strict=True))
        return self.persons * max([0.0, *short])

    @classmethod
    def of(
        cls,
        wishes: ItineraryWishes,
        sets: Collection[ProgrammeSet],
        walks: DayWalks,
        *,
        prices: Mapping[SetId, float] | None = None,
        full_sets: Collection[SetId] = (),
        full_places: Collection[PlaceId] = (),
        closed: Collection[PlaceId] = (),
    ) -> Problem:
        """Return the problem of an attendee's wishes.

        Args:
            prices: price of a set, in units of utility; 0 where there is none.
            full_sets: sets that aren't suggested.
            full_places: places at or above their limit; no break there is suggested.
            closed: places that an operator closed.
        """
        begin = math.ceil(walks.minute_of(wishes.begin) - _ROUNDING)
        end = math.floor(walks.minute_of(wishes.end) + _ROUNDING)
        avoided = {*full_places, *closed}
        offered = [one for one in sets if one.id not in full_sets and one.stage not in closed]
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
            sets=_planned_sets(wishes, offered, walks, prices or {}, begin, end),
            breaks=[one for one in breaks if one.anywhere or one.opens],
            avoided=avoided,
        )


def _planned_sets(
    wishes: ItineraryWishes,
    sets: Collection[ProgrammeSet],
    walks: DayWalks,
    prices: Mapping[SetId, float],
    begin: int,
    end: int,
) -> list[PlannedSet]:
    must_see, dislikes = frozenset(wishes.must_see), frozenset(wishes.dislikes)
    wished = [
        one
        for one in sets
        if one.is_performance
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
                score=MUST_SEE_SCORE * is_must_see + utility,
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
