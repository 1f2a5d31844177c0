"""Walks per second from one place to all others, beside networkx' Dijkstra on the same graph."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import networkx  # type: ignore[import-untyped]

from bench.comparison_table import ComparisonRow, compare
from bench.run_result import BenchError, RunResult, read_clocks
from processors.festival.routing import WalkingMap, may_use
from schemas.ids import PlaceId
from schemas.venue_map import Mobility, Path, Place

NUM_SEARCHES = 1_000
PLACES = 300
MOBILITY: Mobility = "wheelchair"
DEPART = datetime(2026, 7, 4, 18, tzinfo=UTC)


def festival_map(seed: int = 1) -> WalkingMap:
    """Return a map with steps, kerbs and slopes, without opening hours."""
    rng = random.Random(seed)
    names = [PlaceId(f"p{number}") for number in range(PLACES)]
    places = [Place(id=name, name_es=name, name_en=name, kind="junction", x_m=0, y_m=0) for name in names]
    ends = [(names[number], names[rng.randrange(max(0, number - 20), number)]) for number in range(1, PLACES)]
    ends += [(first, second) for first, second in (rng.sample(names, 2) for _ in range(PLACES))]
    paths = [
        Path(
            start=start,
            end=end,
            metres=rng.randint(10, 150),
            kind=rng.choice(["paved", "paved", "paved", "gravel", "steps"]),
            slope_percent=rng.choice([0, 2, 5, 9]),
            kerb_cm=rng.choice([0, 0, 2, 4]),
            one_way=rng.random() < 0.1,
        )
        for start, end in ends
    ]
    return WalkingMap(places, paths, ZoneInfo("UTC"))


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Search the same walks with both.

    Raises:
        BenchError: a distance differs.
    """
    walking_map, rng = festival_map(), random.Random(2)
    starts = [rng.choice(list(walking_map.places)) for _ in range(NUM_SEARCHES // divisor)]
    graph: networkx.MultiDiGraph = networkx.MultiDiGraph()
    graph.add_nodes_from(walking_map.places)
    for path in walking_map.paths:
        if may_use(path, MOBILITY):
            graph.add_edge(path.start, path.end, metres=path.metres)
            if not path.one_way:
                graph.add_edge(path.end, path.start, metres=path.metres)
    announce(f"routes: {len(starts):,} searches")
    began = read_clocks()
    found = [walking_map.reach(start, MOBILITY, DEPART).metres for start in starts]
    between = read_clocks()
    expected = [networkx.dijkstra_predecessor_and_distance(graph, start, weight="metres")[1] for start in starts]
    ended = read_clocks()
    if found != expected:
        raise BenchError("routes: the distances differ from those of networkx")
    ours, reference = (
        RunResult(events=len(starts), seconds=end[0] - begin[0], cpu_seconds=end[1] - begin[1])
        for begin, end in ((began, between), (between, ended))
    )
    return [
        compare(
            f"walks from one place to all {PLACES}",
            "searches/s",
            ours,
            "networkx, Dijkstra",
            reference,
            notes="equal distances; ours also looks at closures and hours, and notes until when the walks hold",
        )
    ]
