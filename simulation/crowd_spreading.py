"""Simulated visitors who plan an evening: all by themselves, or led by prices; what the crowd then does.

The visitors, their taste and the festival are generated; how real crowds follow advice is not known. Visitors plan one
after another. One who follows sees prices and no full sets; one who doesn't plans for the acts alone.

Run `python -m simulation.crowd_spreading`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from processors.festival.routing import WalkingMap
from processors.itinerary.plan import plan
from processors.itinerary.prices import ExpectedAttendance
from processors.itinerary.walks import WalkTables
from schemas.ids import ActId, ListenerId, PlaceId, SetId
from schemas.itinerary import ItineraryWishes
from schemas.programme import ProgrammeSet
from schemas.venue_map import Path, Place

ZONE = ZoneInfo("Europe/Madrid")
BEGIN = datetime(2030, 7, 5, 18, tzinfo=ZONE)
HOURS = 8
VISITORS = 3_000
CAPACITIES = (1000, 800, 600, 400, 300, 200)
"""Persons that each stage holds; together 1.1 times the visitors."""
SLOT_MINUTES = 80
SET_MINUTES = 60
TASTES = 8
"""Genres, as dimensions of taste."""


@dataclass(frozen=True, slots=True)
class SpreadingResult:
    """Figures of one simulated evening.

    Attributes:
        utility: sum of the values of the acts that visitors see, without prices.
        above: share of visits beyond the capacity of their stage.
        seconds_p95: processor time that 95 % of the plans do not exceed.
    """

    utility: float
    above: float
    visits: int
    seconds_p95: float


@dataclass(frozen=True, slots=True)
class SimulatedFestival:
    """Stages around a square, sets in slots that begin at different minutes, and the visitors' utilities."""

    programme: list[ProgrammeSet]
    walk_tables: WalkTables
    capacities: dict[PlaceId, float]
    utilities: list[dict[ActId, float]]

    @classmethod
    def of(cls, seed: int, visitors: int = VISITORS) -> SimulatedFestival:
        """Generate a festival; the same for the same seed."""
        rng = np.random.default_rng(seed)
        stages = [PlaceId(f"stage-{number}") for number in range(len(CAPACITIES))]
        square = PlaceId("square")
        places = [Place(id=one, name_es=one, name_en=one, kind="stage", x_m=0, y_m=0) for one in stages]
        places.append(Place(id=square, name_es=square, name_en=square, kind="junction", x_m=0, y_m=0))
        paths = [Path(start=square, end=one, metres=float(rng.integers(80, 300))) for one in stages]
        programme = []
        for index, stage in enumerate(stages):
            for slot in range(HOURS * 60 // SLOT_MINUTES):
                begin = BEGIN + timedelta(minutes=SLOT_MINUTES * slot + 5 * index)
                act = ActId(f"act-{index}-{slot}")
                programme.append(
                    ProgrammeSet(
                        id=SetId(f"{act}-set"),
                        day=BEGIN.date(),
                        begin=begin,
                        end=begin + timedelta(minutes=SET_MINUTES),
                        stage=stage,
                        act=act,
                        name=act,
                    )
                )
        # Larger stages have better-known acts, as at real festivals, but not strictly.
        fame = np.array([CAPACITIES[stages.index(one.stage)] / CAPACITIES[0] for one in programme])
        fame = 0.6 * fame + 0.4 * rng.random(len(programme))
        sounds = rng.dirichlet(np.full(TASTES, 0.4), len(programme))
        tastes = rng.dirichlet(np.full(TASTES, 0.6), visitors)
        liking = fame[None, :] ** 2 + 1.2 * tastes @ sounds.T + rng.normal(0, 0.1, (visitors, len(programme)))
        utilities = [
            {one.act: round(float(value), 4) for one, value in zip(programme, row, strict=True) if value > 0.25}
            for row in liking
        ]
        walk_tables = WalkTables(WalkingMap(places, paths, ZONE))
        return cls(programme, walk_tables, dict(zip(stages, map(float, CAPACITIES), strict=True)), utilities)


def simulate(festival: SimulatedFestival, follow_share: float, seed: int) -> SpreadingResult:
    """Let every visitor plan, in random order, and count who is where.

    Args:
        follow_share: share of the visitors who follow prices; 0: all plan selfishly.
    """
    rng = np.random.default_rng(seed)
    visitors = len(festival.utilities)
    order, follows = rng.permutation(visitors), rng.random(visitors) < follow_share
    # Without a plan of ours, people are expected where the others go: taken from a tenth of the selfish ones.
    sample = [visitor for visitor in order if not follows[visitor]][: max(1, visitors // 10)]
    others = _expected_others(festival, sample, visitors - int(follows.sum())) if follow_share < 1 else {}
    expected = ExpectedAttendance(festival.capacities, others)
    attendance: Counter[SetId] = Counter()
    utility, seconds = 0.0, []
    for visitor in map(int, order):
        started = time.thread_time()
        seen, value = _planned(festival, visitor, expected if follows[visitor] else None)
        seconds.append(time.thread_time() - started)
        utility += value
        attendance.update(seen)
        if follows[visitor]:
            expected.set_plan(ListenerId(str(visitor)), seen)
    stages = {one.id: one.stage for one in festival.programme}
    above = sum(max(0.0, count - festival.capacities[stages[one]]) for one, count in attendance.items())
    visits = attendance.total()
    return SpreadingResult(utility, above / visits, visits, float(np.quantile(seconds, 0.95)))


def _planned(
    festival: SimulatedFestival, visitor: int, expected: ExpectedAttendance | None
) -> tuple[list[SetId], float]:
    programme, prices = festival.programme, {}
    if expected is not None:
        full = expected.full_sets(programme, BEGIN)
        programme = [one for one in programme if one.id not in full]
        prices = expected.prices(programme, BEGIN)
    wishes = ItineraryWishes(
        visitor=ListenerId(str(visitor)),
        day=BEGIN.date(),
        begin=BEGIN,
        end=BEGIN + timedelta(hours=HOURS),
        origin=PlaceId("square"),
        utilities=festival.utilities[visitor],
    )
    found = plan(wishes, programme, festival.walk_tables, prices)
    return [stop.set for stop in found.stops if stop.set is not None], found.utility


def _expected_others(festival: SimulatedFestival, sample: list[int], persons: int) -> dict[SetId, float]:
    counts: Counter[SetId] = Counter()
    for visitor in sample:
        counts.update(_planned(festival, int(visitor), None)[0])
    return {one: count * persons / max(1, len(sample)) for one, count in counts.items()}


def main(visitors: int = VISITORS, seed: int = 1) -> dict[str, float]:
    """Return the figures when none, half and all of the visitors follow."""
    festival = SimulatedFestival.of(seed, visitors)
    selfish, half, everyone = (simulate(festival, share, seed) for share in (0.0, 0.5, 1.0))
    return {
        "visitors": visitors,
        "selfish_above": selfish.above,
        "half_above": half.above,
        "all_above": everyone.above,
        "half_utility": half.utility / selfish.utility,
        "all_utility": everyone.utility / selfish.utility,
        "plan_seconds_p95": max(selfish.seconds_p95, half.seconds_p95, everyone.seconds_p95),
    }


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
