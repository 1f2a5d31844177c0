"""Evaluation of the planner on requests with known best plans.

`best` of a request may be a mapping (`must_see`, `likes`, `breaks`, `acts`), a list of acts, or a number. Numbers count
must-see acts, as those come first; if one is larger than its request's must-sees, all count every act that is seen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from processors.festival.routing import WalkingMap, may_use
from processors.festival.tables import read_festival
from processors.itinerary.plan import plan
from processors.itinerary.requests import ItineraryRequest, read_requests
from processors.itinerary.walks import WalkTables
from schemas.itinerary import ItineraryPlan, PlannedLeg, PlannedStop
from schemas.programme import ProgrammeSet
from schemas.venue_map import Path

REQUESTS = "itineraries.jsonl"
"""File with the requests, in the folder of the festival's tables."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Counts of what a plan reaches."""

    must_see: int
    likes: int
    breaks: int

    @property
    def acts(self) -> int:
        """Return the number of wished acts that are seen."""
        return self.must_see + self.likes

    @classmethod
    def of(cls, request: ItineraryRequest, result: ItineraryPlan) -> Reached:
        """Return the counts of a plan."""
        seen = {stop.act for stop in result.stops if stop.act is not None}
        return cls(len(seen & set(request.wishes.must_see)), len(seen & request.likes), result.breaks)


def evaluate(
    folder: FilePath,
    zone: ZoneInfo,
    *,
    plans: FilePath | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Plan every request, and compare with what is expected.

    Args:
        folder: the festival's tables, and `itineraries.jsonl`.
        plans: file to which every plan is written, as JSON Lines.

    Raises:
        FestivalTableError: a table can't be used.
        RequestError: a request can't be used.
        OSError: a file can't be read or written.
    """
    tables = read_festival(folder)
    requests = read_requests(folder / REQUESTS, tables, zone)
    walk_tables = WalkTables(WalkingMap(tables.places.values(), tables.paths, zone))
    results, seconds = [], []
    for number, request in enumerate(requests, start=1):
        started = time.perf_counter()
        programme = [one for one in tables.sets if one.day == request.wishes.day]
        results.append(plan(request.wishes, programme, walk_tables))
        seconds.append(time.perf_counter() - started)
        if progress is not None:
            progress(number, len(requests))
    counts_all = any(
        isinstance(one.best, int | float) and one.best > len(one.wishes.must_see)
        for one in requests
        if not isinstance(one.best, bool)
    )
    rows = [
        _row(request, result, counts_all, walk_tables.map.paths)
        for request, result in zip(requests, results, strict=True)
    ]
    if plans is not None:
        with plans.open("w", encoding="utf-8") as file:
            for request, result, row, took in zip(requests, results, rows, seconds, strict=True):
                line = {**plan_line(request, result, tables.sets), "reached": row, "seconds": round(took, 6)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {
        "requests": len(requests),
        "optimal": _share(row["optimal"] for row in rows),
        "infeasible_told": _share(
            not result.is_feasible
            for request, result in zip(requests, results, strict=True)
            if request.feasible is False
        ),
        "feasible_kept": _share(
            result.is_feasible for request, result in zip(requests, results, strict=True) if request.feasible is True
        ),
        "forbidden_edges": sum(row["forbidden_edges"] for row in rows),
        "overlaps": sum(row["overlaps"] for row in rows),
        "seconds_p95": float(np.quantile(seconds, 0.95)),
        "each": rows,
    }


def plan_line(request: ItineraryRequest, result: ItineraryPlan, sets: Iterable[ProgrammeSet]) -> dict[str, Any]:
    """Return a plan as it is written to a file."""
    names = {one.id: one.name for one in sets}
    return {
        "id": request.id,
        "feasible": result.is_feasible,
        "reachable": result.reachable,
        "plan": [
            {
                "act_id": stop.act,
                "place": stop.place,
                "from": stop.begin.isoformat(),
                "until": stop.end.isoformat(),
                **({"name": names[stop.set]} if stop.set is not None else {"break": stop.wish, "kind": stop.kind}),
            }
            for stop in result.stops
        ],
        "legs": [
            {
                "from": leg.places[0],
                "to": leg.places[-1],
                "depart": leg.begin.isoformat(),
                "arrive": leg.end.isoformat(),
                "minutes": round((leg.end - leg.begin).total_seconds() / 60),
                "metres": leg.metres,
                "places": list(leg.places),
            }
            for leg in result.legs
        ],
        "metres": result.metres,
        "unmet": [
            {"reason": one.reason, **({"act_id": one.act} if one.act is not None else {"break": one.wish})}
            for one in result.unmet
        ],
    }


def _row(request: ItineraryRequest, result: ItineraryPlan, counts_all: bool, paths: Iterable[Path]) -> dict[str, Any]:
    reached = Reached.of(request, result)
    return {
        "id": request.id,
        "must_see": reached.must_see,
        "likes": reached.likes,
        "breaks": reached.breaks,
        "feasible": result.is_feasible,
        "optimal": is_optimal(request, reached, counts_all),
        "forbidden_edges": count_forbidden_edges(request, result, paths),
        "overlaps": count_overlaps(result),
    }


def is_optimal(request: ItineraryRequest, reached: Reached, counts_all: bool) -> bool | None:
    """Return True if a plan reaches the best; None if the best isn't known.

    Args:
        counts_all: True if numbers count every act that is seen, False if they count must-see acts.
    """
    best = request.best
    if best is None:
        return None
    if isinstance(best, Mapping):
        expected = tuple(
            _number(best, *names) for names in (("must_see", "must_sees", "must"), ("likes", "liked", "like"))
        )
        if any(value is not None for value in expected):
            return (reached.must_see, reached.likes) >= (expected[0] or 0, expected[1] or 0)
        count = _number(best, "acts", "total", "count", "score")
        return None if count is None else reached.acts >= count
    if isinstance(best, list):
        musts = set(request.wishes.must_see)
        return (reached.must_see, reached.likes) >= (len(musts & set(best)), len(request.likes & set(best)))
    return bool((reached.acts if counts_all else reached.must_see) >= best)


def _number(best: Mapping[str, Any], *names: str) -> float | None:
    """Return the first field of these names, or the length of a list there."""
    for name in names:
        value = best.get(name)
        if value is not None:
            return float(len(value) if isinstance(value, list) else value)
    return None


def count_forbidden_edges(request: ItineraryRequest, result: ItineraryPlan, paths: Iterable[Path]) -> int:
    """Return how many steps of a plan's walks the request forbids, or can't be walked with its mobility."""
    allowed: set[tuple[str, str]] = set()
    for path in paths:
        if may_use(path, request.wishes.mobility):
            allowed.add((path.start, path.end))
            if not path.one_way:
                allowed.add((path.end, path.start))
    steps = [step for leg in result.legs for step in pairwise(leg.places)]
    return sum(step not in allowed or frozenset(step) in request.forbidden_edges for step in steps)


def count_overlaps(result: ItineraryPlan) -> int:
    """Return how many stops and walks begin before the one before has ended."""
    parts: list[PlannedStop | PlannedLeg] = [*result.stops, *result.legs]
    spans = sorted((part.begin, part.end) for part in parts)
    return sum(first[1] > second[0] for first, second in pairwise(spans))


def _share(values: Iterable[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return None if not known else sum(known) / len(known)
