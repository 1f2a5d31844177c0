"""Changes that break a plan, and what is left to plan then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import pairwise

import msgspec

from processors.festival.walk_search import PathEnds
from processors.itinerary.groups import joint_breaks
from processors.itinerary.problem import SEEN_SHARE
from schemas.ids import PlaceId
from schemas.itinerary import ItineraryPlan, ItineraryWishes
from schemas.programme import ProgrammeSet


def is_broken_by_set(plan: ItineraryPlan, changed: ProgrammeSet, now: datetime) -> bool:
    """Return True if a set that the plan still has is no longer seen by it."""
    for stop in plan.stops:
        if stop.set == changed.id and stop.end > now:
            shown = min(stop.end, changed.end) - max(stop.begin, changed.begin)
            is_seen = stop.place == changed.stage and shown >= SEEN_SHARE * (changed.end - changed.begin)
            return not (changed.is_performance and is_seen)
    return False


def is_broken_by_paths(plan: ItineraryPlan, closed_paths: Collection[PathEnds], now: datetime) -> bool:
    """Return True if a walk that the plan still has uses a closed path."""
    shut = {frozenset(ends) for ends in closed_paths}
    return any(frozenset(step) in shut for leg in plan.legs if leg.end > now for step in pairwise(leg.places))


def place_at(plan: ItineraryPlan, origin: PlaceId, now: datetime) -> PlaceId:
    """Return where the attendee is, if they follow the plan: on a walk, where it began."""
    place = origin
    for leg in plan.legs:
        if leg.end <= now:
            place = leg.places[-1]
    return place


def remaining_wishes(wishes: ItineraryWishes, plan: ItineraryPlan, now: datetime) -> ItineraryWishes:
    """Return the wishes from now on: without what was seen, rested and walked before."""
    if now <= wishes.begin:
        return wishes
    past = [stop for stop in plan.stops if stop.end <= now]
    seen = {stop.act for stop in past if stop.act is not None}
    rested = {stop.wish for stop in past if stop.wish is not None}
    breaks = joint_breaks(wishes)
    rested_together = {breaks[position] for position in rested}
    walked = sum(leg.metres for leg in plan.legs if leg.end <= now)
    return msgspec.structs.replace(
        wishes,
        begin=now,
        origin=place_at(plan, wishes.origin, now),
        must_see=tuple(act for act in wishes.must_see if act not in seen),
        utilities={act: value for act, value in wishes.utilities.items() if act not in seen},
        breaks=tuple(one for position, one in enumerate(wishes.breaks) if position not in rested),
        max_walk_m=_less(wishes.max_walk_m, walked),
        friends=tuple(
            msgspec.structs.replace(
                friend,
                must_see=tuple(act for act in friend.must_see if act not in seen),
                utilities={act: value for act, value in friend.utilities.items() if act not in seen},
                breaks=tuple(one for one in friend.breaks if one not in rested_together),
                max_walk_m=_less(friend.max_walk_m, walked),
            )
            for friend in wishes.friends
        ),
    )


def _less(limit: float | None, walked: float) -> float | None:
    return None if limit is None else max(0.0, limit - walked)
