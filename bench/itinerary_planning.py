"""Itineraries per second beside OR-Tools CP-SAT on the same problems, and whether both are equally good."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.comparison_table import ComparisonRow, compare
from bench.reference_job import VENV, run_job
from bench.run_result import BenchError, RunResult, read_clocks
from processors.festival.hours import DAY_BEGINS
from processors.festival.routing import WalkingMap
from processors.itinerary.planner import Planner
from processors.itinerary.problem import BREAK_SCORE, Problem
from processors.itinerary.walks import DayWalks, WalkTables
from schemas.ids import ActId, ListenerId, PlaceId, SetId
from schemas.itinerary import BreakWish, ItineraryWishes
from schemas.programme import ProgrammeSet
from schemas.venue_map import Path, Place

NUM_REQUESTS = 40
STAGES = 4
PLACES = 20
LIKES = 10
ZONE = ZoneInfo("Europe/Madrid")
DAY = date(2026, 7, 4)
BEGIN = datetime.combine(DAY, DAY_BEGINS, ZONE) + timedelta(hours=12)
VISIT = timedelta(hours=7)


def festival_map(seed: int = 1, *, stages: int = STAGES, num_places: int = PLACES) -> WalkingMap:
    """Return a map of stages, places to eat and junctions, without opening hours."""
    rng = random.Random(seed)
    kinds = ["stage"] * stages + ["food"] * 4 + ["junction"] * (num_places - stages - 4)
    names = [PlaceId(f"{kind}-{number}") for number, kind in enumerate(kinds)]
    places = [
        Place(id=name, name_es=name, name_en=name, kind=kind, x_m=0, y_m=0)
        for name, kind in zip(names, kinds, strict=True)
    ]
    ends = [(names[number], rng.choice(names[:number])) for number in range(1, num_places)]
    ends += [(first, second) for first, second in (rng.sample(names, 2) for _ in range(num_places // 2))]
    return WalkingMap(places, [Path(start=start, end=end, metres=rng.randint(40, 200)) for start, end in ends], ZONE)


def programme(seed: int = 1, *, stages: int = STAGES, visit: timedelta = VISIT) -> list[ProgrammeSet]:
    """Return the sets of one evening, each stage with one after the other."""
    rng = random.Random(seed)
    sets: list[ProgrammeSet] = []
    for stage in range(stages):
        begin = BEGIN + timedelta(minutes=rng.randint(0, 30))
        while begin < BEGIN + visit:
            end = begin + timedelta(minutes=rng.choice([40, 50, 60, 75]))
            act = f"act-{len(sets)}"
            sets.append(
                ProgrammeSet(
                    id=SetId(act),
                    day=DAY,
                    begin=begin,
                    end=end,
                    stage=PlaceId(f"stage-{stage}"),
                    act=ActId(act),
                    name=act,
                )
            )
            begin = end + timedelta(minutes=rng.choice([10, 20, 30]))
    return sets


def requests(
    number: int, sets: list[ProgrammeSet], walking_map: WalkingMap, seed: int = 1
) -> Iterator[ItineraryWishes]:
    """Yield wishes for acts, a meal and walks of at most three kilometres."""
    rng = random.Random(seed)
    acts, places = [one.act for one in sets], list(walking_map.places)
    for index in range(number):
        liked = rng.sample(acts, LIKES)
        yield ItineraryWishes(
            visitor=ListenerId(f"bench-{index}"),
            day=DAY,
            begin=BEGIN,
            end=BEGIN + VISIT,
            origin=rng.choice(places),
            destination=rng.choice(places),
            must_see=tuple(liked[:2]),
            utilities={act: float(rng.randint(1, 4)) for act in liked},
            max_walk_m=3000,
            breaks=(BreakWish(minutes=30, kind="food", begin=BEGIN + VISIT / 4, end=BEGIN + VISIT * 3 / 4),),
        )


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Plan the same visits with both.

    Raises:
        BenchError: a score differs, or CP-SAT failed.
    """
    walking_map, sets = festival_map(), programme()
    asked = list(requests(NUM_REQUESTS // divisor, sets, walking_map))
    announce(f"itinerary: {len(asked)} plans")
    walks = WalkTables(walking_map).of("none", DAY)
    began = read_clocks()
    problems = [Problem.of(wishes, sets, walks) for wishes in asked]
    solutions = [Planner(problem, walks).solve() for problem in problems]
    ended = read_clocks()
    ours = RunResult(
        events=len(asked),
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        scores=[None if one is None else round(one.label.score) for one in solutions],
    )
    announce("itinerary: OR-Tools CP-SAT")
    job = {"problems": [cp_sat_problem(problem, walks) for problem in problems]}
    reference = run_job("cp_sat_job.py", job, python=VENV / "bin" / "python")
    if ours.scores != reference.scores:
        raise BenchError(f"itinerary: the scores {ours.scores} differ from those of CP-SAT: {reference.scores}")
    return [
        compare(
            "itineraries",
            "plans/s",
            ours,
            "OR-Tools CP-SAT, one worker",
            reference,
            notes=f"equal optimum in each; {LIKES} acts, a meal; CP-SAT is given the walks, ours computes them",
        )
    ]


def cp_sat_problem(problem: Problem, walks: DayWalks) -> dict[str, Any]:
    """Return a problem on a map without hours as the job reads it."""
    nodes: list[dict[str, Any]] = [
        {"place": one.place, "first": max(problem.begin, one.begin), "last": one.latest, "minutes": one.needed,
         "weight": round(one.score), "group": one.act}
        for one in problem.sets
    ]  # fmt: skip
    nodes += [
        {"place": place, "first": first, "last": last, "minutes": rest.minutes, "weight": round(BREAK_SCORE),
         "group": f"break {rest.wish}"}
        for rest in problem.breaks for place, intervals in rest.opens.items() for first, last in intervals
    ]  # fmt: skip
    for node in nodes:  # the job counts from the begin of the visit
        node["first"], node["last"] = node["first"] - problem.begin, node["last"] - problem.begin
    places = list(walks.map.places)
    return {
        "end": problem.end - problem.begin,
        "origin": problem.origin,
        "destination": problem.destination,
        "max_metres": round(problem.max_metres),
        "nodes": nodes,
        "metres": {start: {end: round(walks.least_metres(start, end)) for end in places} for start in places},
        "minutes": {start: {end: round(walks.least_minutes(start, end)) for end in places} for start in places},
    }
