"""Plan of one attendee: the best way for the wishes, as stops and walks, with the reasons of what doesn't fit."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from processors.itinerary.groups import Group
from processors.itinerary.planner import Label, Planner, Solution
from processors.itinerary.problem import PlannedSet, Problem
from processors.itinerary.walks import DayWalks, Walk, WalkTables
from schemas.ids import ActId, EventId, PlaceId, SetId
from schemas.itinerary import ItineraryPlan, ItineraryWishes, PlannedLeg, PlannedStop, UnmetReason, UnmetWish
from schemas.programme import ProgrammeSet


def plan(
    wishes: ItineraryWishes,
    programme: Collection[ProgrammeSet],
    walk_tables: WalkTables,
    prices: Mapping[SetId, float] | None = None,
    now: datetime | None = None,
    *,
    full_sets: Collection[SetId] = (),
    full_places: Collection[PlaceId] = (),
) -> ItineraryPlan:
    """Return the best plan for an attendee's wishes.

    Args:
        programme: sets as they are now; moved sets where and when they are now.
        walk_tables: walks of the venue, with what is closed now.
        prices: price of crowded sets, in units of utility.
        now: time of the plan; what is before it can't be planned. If left out, the begin of the visit.
        full_sets: sets that are full, or will be; they aren't suggested.
        full_places: places at or above their limit; no break there is suggested.

    Raises:
        KeyError: a place isn't on the map.
    """
    if now is not None and now > wishes.begin:
        wishes = msgspec.structs.replace(wishes, begin=now)
    for place in (wishes.origin, wishes.destination):
        if place is not None and place not in walk_tables.map.places:
            raise KeyError(place)
    group = Group.of(wishes) if wishes.friends else None
    if group is not None:
        wishes = group.joint
    walks = walk_tables.of(wishes.mobility, wishes.day, None if group is None else group.pace)
    problem = Problem.of(
        wishes,
        programme,
        walks,
        prices=None if group is not None else prices,
        full_sets=full_sets,
        full_places=full_places,
        closed=walk_tables.closed_places,
    )
    alone = [] if group is None else group.best_alone(problem, walks)
    if group is None:
        solution, is_best = Planner(problem, walks).solve(), True
    else:
        solution, is_best = group.solve(problem, walks, alone, prices or {})
    unmet = _unmet(wishes, programme, problem, solution, full_sets)
    if solution is None:
        return _with_id(_empty(wishes, now or wishes.begin, unmet))
    stops, legs = _timeline(solution, problem, walks, wishes)
    seen = {label.done.act for label in solution.path() if isinstance(label.done, PlannedSet)}
    members = () if group is None else group.shares(seen, alone)
    return _with_id(
        msgspec.structs.replace(
            _empty(wishes, now or wishes.begin, unmet),
            reachable=True,
            stops=stops,
            legs=legs,
            breaks=sum(stop.wish is not None for stop in stops),
            must_sees=len(seen & set(wishes.must_see)) if group is None else sum(one.must_sees for one in members),
            members=members,
            is_best=is_best,
            utility=sum(wishes.utilities.get(act, 0.0) for act in sorted(seen)),
            metres=sum(leg.metres for leg in legs),
        )
    )


def _empty(wishes: ItineraryWishes, time: datetime, unmet: tuple[UnmetWish, ...]) -> ItineraryPlan:
    return ItineraryPlan(
        event_id=EventId("plan"), visitor=wishes.visitor, time=time, day=wishes.day, reachable=False, unmet=unmet
    )


def _with_id(found: ItineraryPlan) -> ItineraryPlan:
    """Return a plan with an id made of its content, so that the same plan has the same id."""
    digest = hashlib.sha256(msgspec.json.encode(found)).hexdigest()
    return msgspec.structs.replace(found, event_id=EventId(f"plan-{digest[:32]}"))


def _timeline(
    solution: Solution, problem: Problem, walks: DayWalks, wishes: ItineraryWishes
) -> tuple[tuple[PlannedStop, ...], tuple[PlannedLeg, ...]]:
    """Return stops and walks; a visitor stays at a set as long as the way to the next stop allows."""
    path = solution.path()
    stops: list[PlannedStop] = []
    legs: list[PlannedLeg] = []
    for position, label in enumerate(path):
        following = path[position + 1] if position + 1 < len(path) else None
        walk = solution.last_walk if following is None else following.walk
        target = problem.destination if following is None else following.place
        due = problem.end if following is None else following.begin
        leaves = label.minute
        if walk is not None and target is not None:
            stays = label.done.end if isinstance(label.done, PlannedSet) else label.minute
            leaves = _latest_departure(walks, label, target, walk, min(stays, due - walk.minutes))
            if target != label.place:
                legs.append(_leg(walks, label.place, target, leaves))
        elif isinstance(label.done, PlannedSet):
            leaves = min(label.done.end, problem.end)
        if label.done is not None:
            stops.append(_stop(label, leaves if isinstance(label.done, PlannedSet) else label.minute, walks, wishes))
    return tuple(stops), tuple(legs)


def _latest_departure(walks: DayWalks, label: Label, target: PlaceId, walk: Walk, latest: int) -> int:
    """Return the latest minute, up to a limit, at which the walk is as short as planned."""
    for minute in range(latest, walk.depart, -1):
        candidate = walks.at(label.place, target, minute)
        if candidate is not None and candidate.metres == walk.metres:
            return minute
    return walk.depart


def _leg(walks: DayWalks, start: PlaceId, end: PlaceId, minute: int) -> PlannedLeg:
    route = walks.route(start, end, minute)
    if route is None:
        raise RuntimeError(f"the planned walk {start}–{end} is not possible")
    return PlannedLeg(
        begin=walks.moment_of(minute),
        end=walks.moment_of(minute + route.minutes),
        metres=route.metres,
        places=route.places,
        has_steps=route.has_steps,
    )


def _stop(label: Label, leaves: int, walks: DayWalks, wishes: ItineraryWishes) -> PlannedStop:
    begin, end = walks.moment_of(label.begin), walks.moment_of(leaves)
    done = label.done
    if isinstance(done, PlannedSet):
        return PlannedStop(place=label.place, begin=begin, end=end, set=done.id, act=done.act)
    wish = 0 if done is None else done.wish
    return PlannedStop(place=label.place, begin=begin, end=end, wish=wish, kind=wishes.breaks[wish].kind)


def _unmet(
    wishes: ItineraryWishes,
    programme: Collection[ProgrammeSet],
    problem: Problem,
    solution: Solution | None,
    full_sets: Collection[SetId],
) -> tuple[UnmetWish, ...]:
    done = [] if solution is None else [label.done for label in solution.path()]
    seen = {one.act for one in done if isinstance(one, PlannedSet)}
    kept = {one.wish for one in done if one is not None and not isinstance(one, PlannedSet)}
    possible_breaks = {one.wish for one in problem.breaks}
    unmet = [
        UnmetWish(act=act, reason=_reason_of_act(act, programme, problem, solution, full_sets))
        for act in dict.fromkeys(wishes.must_see)
        if act not in seen
    ]
    for position in range(len(wishes.breaks)):
        if position not in kept:
            reason: UnmetReason = "no_place" if position not in possible_breaks else _reason(solution)
            unmet.append(UnmetWish(wish=position, reason=reason))
    return tuple(unmet)


def _reason_of_act(
    act: ActId,
    programme: Collection[ProgrammeSet],
    problem: Problem,
    solution: Solution | None,
    full_sets: Collection[SetId],
) -> UnmetReason:
    if any(one.act == act for one in problem.sets):
        return _reason(solution)
    performances: Sequence[ProgrammeSet] = [one for one in programme if one.act == act and one.is_performance]
    return "full" if any(one.id in full_sets for one in performances) else "not_performing"


def _reason(solution: Solution | None) -> UnmetReason:
    return "too_far" if solution is None else "no_time"
