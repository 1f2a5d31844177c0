"""Processor time of plans for friends, and how many are known to be the best: `python -m bench.group_plans`."""

from __future__ import annotations

import argparse
import random
from datetime import timedelta
from time import process_time

from bench.itinerary_planning import BEGIN, DAY, festival_map, programme
from processors.itinerary.plan import plan
from processors.itinerary.walks import WalkTables
from schemas.ids import ActId, ListenerId, PlaceId
from schemas.itinerary import BreakWish, FriendWishes, ItineraryWishes, PersonalWishes

STAGES, PLACES, SETS = 12, 100, 60
VISIT = timedelta(hours=9)
LIKES, MUST_SEES = 12, 2
MAX_WALK_M = 4000
"""Walking limit of every other group."""

MEAL = BreakWish(minutes=30, kind="food", begin=BEGIN + VISIT / 4, end=BEGIN + VISIT * 3 / 4)
REST = BreakWish(minutes=20)


def group(seed: int, persons: int, acts: list[ActId], places: list[PlaceId]) -> ItineraryWishes:
    """Return the wishes of friends with a meal and a rest; half of the groups differ in how much they like acts."""
    chance = random.Random(seed)
    people = [person(chance, acts, plain=seed % 4 < 2) for _ in range(persons)]
    own = people[0]
    return ItineraryWishes(
        visitor=ListenerId("group"),
        day=DAY,
        begin=BEGIN,
        end=BEGIN + VISIT,
        origin=chance.choice(places),
        destination=chance.choice(places),
        must_see=own.must_see,
        utilities=own.utilities,
        max_walk_m=MAX_WALK_M if seed % 2 else None,
        breaks=(MEAL, REST),
        friends=tuple(FriendWishes(must_see=one.must_see, utilities=one.utilities) for one in people[1:]),
    )


def person(chance: random.Random, acts: list[ActId], *, plain: bool) -> PersonalWishes:
    """Return the wishes of one person; plain likes are all worth the same."""
    liked = chance.sample(acts, LIKES)
    utilities = {act: 1.0 if plain else float(chance.randint(1, 4)) for act in liked}
    return PersonalWishes(must_see=tuple(liked[:MUST_SEES]), utilities=utilities)


def main() -> None:
    """Plan for groups of several sizes, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=40, help="groups of each size")
    number = parser.parse_args().groups
    walking_map = festival_map(stages=STAGES, num_places=PLACES)
    sets = programme(stages=STAGES, visit=VISIT)[:SETS]
    acts, places, tables = [one.act for one in sets], list(walking_map.places), WalkTables(walking_map)
    for persons in (1, 2, 4, 8):
        seconds, best = [], 0
        for seed in range(number):
            wishes = group(seed, persons, acts, places)
            began = process_time()
            best += plan(wishes, sets, tables).is_best
            seconds.append(process_time() - began)
        seconds.sort()
        middle, late = seconds[number // 2], seconds[min(number - 1, number * 95 // 100)]
        print(f"{persons} people: p50 {1000 * middle:.0f} ms, p95 {1000 * late:.0f} ms, best known {best}/{number}")


if __name__ == "__main__":
    main()
