"""Plans of friends beside all ways that there are, on small generated visits."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

import msgspec
import pytest

from processors.festival.routing import WalkingMap
from processors.itinerary import groups
from processors.itinerary.groups import joint_breaks
from processors.itinerary.plan import plan
from processors.itinerary.prices import ExpectedAttendance
from processors.itinerary.replanning import remaining_wishes
from processors.itinerary.walks import WalkTables
from schemas.ids import ActId, ListenerId, PlaceId, SetId
from schemas.itinerary import BreakWish, FriendWishes, ItineraryPlan, ItineraryWishes
from schemas.programme import ProgrammeSet
from schemas.venue_map import Path, Place
from tests.processors.itinerary.small_visits import SPEED, ZONE, Search, Visit, at, check_plan, minute_of

VISITS = 150
ORDER = ["none", "slow", "pushchair", "wheelchair"]


def group_visit(seed: int) -> tuple[Visit, ItineraryWishes]:
    """Return a visit whose wishes are those of all friends, and the wishes with the friends apart."""
    visit, chance = Visit.of(seed), random.Random(-seed - 1)
    acts = sorted({one.act for one in visit.programme})
    own = msgspec.structs.replace(visit.wishes, max_walk_m=chance.choice([None, 1500.0]))
    friends = tuple(
        FriendWishes(
            must_see=tuple(act for act in acts if chance.random() < 0.2),
            utilities={act: float(chance.randint(1, 4)) for act in acts if chance.random() < 0.6},
            dislikes=tuple(act for act in acts if chance.random() < 0.1),
            mobility=chance.choice(ORDER),  # type: ignore[arg-type]
            max_walk_m=chance.choice([None, 700.0, 1200.0]),
            breaks=chance.choice([(), own.breaks[:1], (BreakWish(minutes=5, kind="food"),)]),
        )
        for _ in range(chance.randint(1, 4))
    )
    people = [own, *friends]
    musts = tuple({act for one in people for act in one.must_see})
    wishes = msgspec.structs.replace(
        own,
        must_see=musts,
        utilities={act: 1.0 for one in people for act in one.utilities},
        dislikes=tuple({act for one in people for act in one.dislikes}),
        mobility=max((one.mobility for one in people), key=ORDER.index),
        max_walk_m=min((one.max_walk_m for one in people if one.max_walk_m is not None), default=None),
        breaks=own.breaks + tuple({one for friend in friends for one in friend.breaks} - set(own.breaks)),
    )
    return replace(visit, wishes=wishes), msgspec.structs.replace(own, friends=friends)


def value(one: ItineraryWishes | FriendWishes, seen: frozenset[str]) -> float:
    wanted = dict.fromkeys(one.must_see, 1.0) | dict(one.utilities)
    return sum(wanted.get(ActId(act), 0.0) for act in seen)


def best_of_all_ways(visit: Visit, wishes: ItineraryWishes, speed: float) -> tuple[int, int, float] | None:
    ends, people = Search(visit, speed).ends(), [wishes, *wishes.friends]
    if not ends:
        return None
    floors = [max((kept, value(one, seen)) for kept, seen in ends)[1] / 2 for one in people]

    def score(kept: int, seen: frozenset[str]) -> tuple[int, int, float]:
        values = [value(one, seen) for one in people]
        short = max(0.0, *(floor - value for floor, value in zip(floors, values, strict=True)))
        return kept, sum(len(seen.intersection(one.must_see)) for one in people), sum(values) - len(people) * short

    return max(score(kept, seen) for kept, seen in ends)


def score_of(found: ItineraryPlan) -> tuple[int, int, float]:
    short = max(0.0, *(one.alone / 2 - one.utility for one in found.members))
    return found.breaks, found.must_sees, found.utility - len(found.members) * short


@pytest.mark.parametrize("first", range(0, VISITS, 50))
def test_no_way_is_better_for_the_group_and_each_plan_holds_for_all(first: int) -> None:
    reachable = 0
    for seed in range(first, first + 50):
        visit, wishes = group_visit(seed)
        speed = min(SPEED[one.mobility] for one in (wishes, *wishes.friends))
        best = best_of_all_ways(visit, wishes, speed)
        found = plan(wishes, visit.programme, visit.walk_tables())
        assert found.reachable == (best is not None), seed
        if best is None:
            continue
        reachable += 1
        assert found.is_best
        assert score_of(found) == pytest.approx(best), seed
        assert len(found.members) == len(wishes.friends) + 1
        assert check_plan(visit, found, speed) == [], seed
        missed = {act for one in (wishes, *wishes.friends) for act in one.must_see} - {one.act for one in found.stops}
        assert {one.act for one in found.unmet if one.act is not None} == missed, seed
    assert reachable > 10


PLACES = [
    Place(id=PlaceId(name), name_es=name, name_en=name, kind="stage", x_m=0, y_m=0) for name in ("gate", "a", "b")
]
PATHS = [
    Path(start=PlaceId("gate"), end=PlaceId("a"), metres=84),
    Path(start=PlaceId("gate"), end=PlaceId("b"), metres=84),
    Path(start=PlaceId("a"), end=PlaceId("b"), metres=42, kind="steps", step_free=False),
]
MAP = WalkingMap(PLACES, PATHS, ZONE)
TWO_SLOTS = [
    ProgrammeSet(
        id=SetId(act),
        day=at(0).date(),
        begin=at(begin),
        end=at(begin + 40),
        stage=PlaceId(stage),
        act=ActId(act),
        name=act,
    )
    for act, stage, begin in (("ana", "a", 10), ("bo", "b", 10), ("cai", "a", 70), ("dee", "b", 70))
]


def wishes(**fields: Any) -> ItineraryWishes:
    return ItineraryWishes(
        visitor=ListenerId("v"), day=at(0).date(), begin=at(0), end=at(150), origin=PlaceId("gate"), **fields
    )


def acts(found: ItineraryPlan) -> list[str | None]:
    return [stop.act for stop in found.stops if stop.act is not None]


def test_the_least_satisfied_has_a_share_where_the_sum_alone_would_give_none() -> None:
    most: dict[ActId, float] = {ActId("ana"): 1.0, ActId("cai"): 1.0}
    one: dict[ActId, float] = {ActId("bo"): 1.0, ActId("dee"): 1.0}
    asked = wishes(utilities=most, friends=(FriendWishes(utilities=most), FriendWishes(utilities=one)))
    found = plan(asked, TWO_SLOTS, WalkTables(MAP))
    assert [member.utility for member in found.members] == [1.0, 1.0, 1.0]
    assert [member.alone for member in found.members] == [2.0, 2.0, 2.0]
    assert found.utility == 3.0


def test_a_group_is_as_slow_and_restricted_as_its_members_and_keeps_the_breaks_of_all() -> None:
    slow = FriendWishes(mobility="slow", breaks=(BreakWish(minutes=10, begin=at(52), end=at(68)),))
    wheelchair = FriendWishes(utilities={ActId("dee"): 1.0}, mobility="wheelchair", max_walk_m=400)
    asked = wishes(utilities={ActId("ana"): 1.0}, friends=(slow, wheelchair))
    found = plan(asked, TWO_SLOTS, WalkTables(MAP))
    assert acts(found) == ["ana", "dee"]
    assert [leg.places for leg in found.legs] == [("gate", "a"), ("a", "gate", "b")]
    assert [(leg.end - leg.begin).total_seconds() for leg in found.legs] == [120, 240]
    assert found.breaks == 1
    walking_less = msgspec.structs.replace(asked, friends=(slow, msgspec.structs.replace(wheelchair, max_walk_m=100)))
    assert acts(plan(walking_less, TWO_SLOTS, WalkTables(MAP))) == ["ana"]
    closed = WalkTables(MAP, closed_paths=[(PlaceId("gate"), PlaceId("b"))])
    assert acts(plan(asked, TWO_SLOTS, closed)) == ["ana"]


def test_must_sees_that_clash_go_by_number_and_the_other_is_told() -> None:
    bo = FriendWishes(must_see=(ActId("bo"),), dislikes=(ActId("cai"),))
    asked = wishes(must_see=(ActId("ana"),), utilities={ActId("cai"): 1.0}, friends=(bo, bo))
    found = plan(asked, TWO_SLOTS, WalkTables(MAP))
    assert acts(found) == ["bo"]
    assert [(one.act, one.reason) for one in found.unmet] == [("ana", "no_time")]
    assert [member.must_sees for member in found.members] == [0, 1, 1]


def test_prices_are_paid_by_each() -> None:
    friend = FriendWishes(utilities={ActId("bo"): 1.0})
    asked = wishes(utilities={ActId("ana"): 1.5, ActId("bo"): 1.0}, friends=(friend,))
    assert acts(plan(asked, TWO_SLOTS, WalkTables(MAP))) == ["bo"]
    assert acts(plan(asked, TWO_SLOTS, WalkTables(MAP), {SetId("bo"): 0.9})) == ["ana"]


def test_what_is_left_for_a_group_leaves_out_what_it_had() -> None:
    rest = BreakWish(minutes=10, begin=at(52), end=at(68))
    friend = FriendWishes(must_see=(ActId("ana"),), utilities={ActId("dee"): 1.0}, breaks=(rest,), max_walk_m=400)
    asked = wishes(friends=(friend,))
    found = plan(asked, TWO_SLOTS, WalkTables(MAP))
    assert joint_breaks(asked) == (rest,)
    left = remaining_wishes(asked, found, at(69)).friends[0]
    walked = sum(leg.metres for leg in found.legs if leg.end <= at(69))
    assert (left.must_see, left.breaks, left.max_walk_m) == ((), (), 400 - walked)


def test_an_attendee_alone_has_no_shares() -> None:
    assert plan(wishes(must_see=(ActId("ana"),)), TWO_SLOTS, WalkTables(MAP)).members == ()


def test_a_search_that_takes_too_long_ends_with_the_best_sum_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_LABELS", 1)
    most: dict[ActId, float] = {ActId("ana"): 1.0, ActId("cai"): 1.0}
    one: dict[ActId, float] = {ActId("bo"): 1.0, ActId("dee"): 1.0}
    friends = (FriendWishes(utilities=most), FriendWishes(utilities=one))
    found = plan(wishes(utilities=most, friends=friends), TWO_SLOTS, WalkTables(MAP))
    assert ([member.utility for member in found.members], found.is_best) == ([2.0, 2.0, 0.0], False)


def evening(seed: int) -> tuple[ItineraryWishes, list[ProgrammeSet], WalkingMap]:
    """Return three friends with a break, and twelve sets on three stages: many ways to give up one act for another."""
    chance = random.Random(seed)
    names = ["a", "b", "c", "gate"]
    places = [Place(id=PlaceId(name), name_es=name, name_en=name, kind="stage", x_m=0, y_m=0) for name in names]
    ends = [("gate", "a"), ("gate", "b"), ("gate", "c"), ("a", "b")]
    paths = [Path(start=PlaceId(start), end=PlaceId(end), metres=chance.randint(40, 120)) for start, end in ends]
    sets = []
    for stage in names[:3]:
        minute = chance.randint(3, 10)
        for number in range(4):
            act, minutes = f"{stage}{number}", chance.choice([15, 20, 25])
            begin, end = at(minute), at(minute + minutes)
            one = ProgrammeSet(
                id=SetId(act), day=begin.date(), begin=begin, end=end, stage=PlaceId(stage), act=ActId(act), name=act
            )
            sets.append(one)
            minute += minutes + chance.randint(0, 8)

    def liked() -> dict[ActId, float]:
        return {one.act: chance.choice([0.5, 1.0, 2.0]) for one in chance.sample(sets, 4)}

    own = wishes(
        utilities=liked(),
        breaks=(BreakWish(minutes=15, begin=at(chance.randint(10, 60)), end=at(110)),),
        max_walk_m=chance.choice([None, 400, 600]),
        friends=tuple(FriendWishes(utilities=liked()) for _ in range(2)),
    )
    return own, sets, WalkingMap(places, paths, ZONE)


def every_way(
    own: ItineraryWishes, sets: list[ProgrammeSet], walking_map: WalkingMap
) -> set[tuple[int, frozenset[str]]]:
    """Return the breaks kept and the acts seen of every order of sets and break; each begins as early as it can."""
    walks, rest = walking_map.shortest_ever("none"), own.breaks[0]
    wanted = [one for one in sets if any(one.act in person.utilities for person in (own, *own.friends))]
    limit, found = own.max_walk_m or 1e9, set()

    def go(place: PlaceId, minute: int, metres: float, seen: frozenset[str], kept: int) -> None:
        found.add((kept, seen))
        for one in wanted:
            walked = metres + walks.metres(place, one.stage)
            arrive = minute + ceil(walks.metres(place, one.stage) / 72 - 1e-9)
            needed = ceil(0.75 * (one.end - one.begin).total_seconds() / 60)
            begin = max(at(arrive), one.begin)
            if one.act not in seen and walked <= limit and begin + timedelta(minutes=needed) <= one.end:
                go(one.stage, minute_of(begin) + needed, walked, seen | {one.act}, kept)
        for there in walking_map.places if not kept else ():
            walked = metres + walks.metres(place, there)
            arrive = minute + ceil(walks.metres(place, there) / 72 - 1e-9)
            begin = max(at(arrive), rest.begin or at(0))
            if walked <= limit and begin + timedelta(minutes=rest.minutes) <= (rest.end or at(0)):
                go(there, minute_of(begin) + rest.minutes, walked, seen, 1)

    go(PlaceId("gate"), 0, 0.0, frozenset(), 0)
    return found


@pytest.mark.parametrize("seed", range(22))
def test_a_better_sum_does_not_hide_a_fairer_way(seed: int) -> None:
    own, sets, walking_map = evening(seed)
    ways, people = every_way(own, sets, walking_map), [own, *own.friends]
    floors = [max((kept, value(one, seen)) for kept, seen in ways)[1] / 2 for one in people]

    def score(seen: frozenset[str]) -> float:
        values = [value(one, seen) for one in people]
        return sum(values) - 3 * max(0.0, *(floor - value for floor, value in zip(floors, values, strict=True)))

    best = max((kept, 0, score(seen)) for kept, seen in ways)
    assert score_of(plan(own, sets, WalkTables(walking_map))) == pytest.approx(best)


def test_each_of_a_group_is_expected_at_its_sets() -> None:
    attendance = ExpectedAttendance({PlaceId("a"): 10.0})
    ana = TWO_SLOTS[0]
    attendance.set_plan(ListenerId("v"), [ana.id], persons=4)
    assert attendance.load(ana, at(0)) == 0.4
    attendance.set_plan(ListenerId("v"), [ana.id])
    assert attendance.load(ana, at(0)) == 0.1
    attendance.set_plan(ListenerId("v"), ())
    assert attendance.load(ana, at(0)) == 0


def test_prices_and_limits_count_all_who_come_together() -> None:
    attendance = ExpectedAttendance({PlaceId("a"): 10.0})
    ana = TWO_SLOTS[0]
    attendance.set_occupancy(ana.stage, at(0), 7.0)
    assert attendance.full_sets([ana], at(0)) == set()
    assert attendance.full_sets([ana], at(0), persons=4) == {ana.id}
    assert (attendance.full_places(at(0), persons=3), attendance.full_places(at(0), persons=4)) == (set(), {ana.stage})
    assert attendance.prices([ana], at(0), persons=3)[ana.id] > attendance.prices([ana], at(0))[ana.id]


@pytest.mark.parametrize("seed", range(12))
def test_a_limit_of_walking_that_binds_is_kept_and_still_best(seed: int) -> None:
    """Without a limit first: where the best way is too long, the search begins again with the limit."""
    own, sets, walking_map = evening(seed)
    free = plan(msgspec.structs.replace(own, max_walk_m=None), sets, WalkTables(walking_map))
    limited = msgspec.structs.replace(own, max_walk_m=free.metres - 1 if free.metres else 0.0)
    found = plan(limited, sets, WalkTables(walking_map))
    assert found.metres <= (limited.max_walk_m or 0.0)
    ways, people = every_way(limited, sets, walking_map), [limited, *limited.friends]
    floors = [max((kept, value(one, seen)) for kept, seen in ways)[1] / 2 for one in people]

    def score(seen: frozenset[str]) -> float:
        values = [value(one, seen) for one in people]
        return sum(values) - 3 * max(0.0, *(floor - value for floor, value in zip(floors, values, strict=True)))

    assert score_of(found) == pytest.approx(max((kept, 0, score(seen)) for kept, seen in ways))
