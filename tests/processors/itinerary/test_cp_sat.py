"""Plans beside OR-Tools CP-SAT, where `.venv-bench` has it."""

from __future__ import annotations

import json
import subprocess
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from processors.itinerary.plan import plan
from tests.processors.itinerary.small_visits import SPEED, Search, Visit, minute_of

PROGRAMMES = 200
BREAK, MUST_SEE = 10_000, 100
"""Weights of a break and a must-see; all utilities together are below 100."""
ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
SCRIPT = ROOT / "bench" / "cp_sat_job.py"


def problem_of(visit: Visit, search: Search) -> dict[str, Any]:
    """Return the problem as nodes; walks are the same at every minute here."""
    wishes, nodes = visit.wishes, []
    for one in visit.programme:
        needed = visit.needed(one)
        first, last = max(0, minute_of(one.begin)), minute_of(one.end) - needed
        weight = MUST_SEE * (one.act in wishes.must_see) + int(wishes.utilities.get(one.act, 0))
        if visit.counts(one):
            nodes.append({"place": one.stage, "first": first, "last": last, "minutes": needed, "weight": weight,
                          "group": one.act})  # fmt: skip
    for number, rest in enumerate(wishes.breaks):
        for place in visit.places:
            begins = [minute for minute in range(visit.minutes + 1) if search.may_rest(rest, place.id, minute)]
            if begins:
                nodes.append({"place": place.id, "first": begins[0], "last": begins[-1], "minutes": rest.minutes,
                              "weight": BREAK, "group": f"break {number}"})  # fmt: skip
    walks = {place.id: search.walks(place.id, 0) for place in visit.places}
    speed = SPEED[wishes.mobility]
    return {
        "end": visit.minutes,
        "origin": wishes.origin,
        "destination": wishes.destination,
        "max_metres": None if wishes.max_walk_m is None else int(wishes.max_walk_m),
        "nodes": nodes,
        "metres": {start: {end: int(metres) for end, metres in found.items()} for start, found in walks.items()},
        "minutes": {
            start: {end: ceil(metres / speed / 60 - 1e-9) for end, metres in found.items()}
            for start, found in walks.items()
        },
    }


@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-bench: `make bench` installs it")
def test_plans_are_as_good_as_cp_sat_finds() -> None:
    if subprocess.run([PYTHON, "-c", "import ortools"], capture_output=True, check=False).returncode:
        pytest.skip(".venv-bench has no OR-Tools: `make bench` installs it")
    problems, scores = [], []
    for seed in range(PROGRAMMES):
        visit = Visit.of(seed)
        visit.paths = [path.model_copy(update={"hours": None}) for path in visit.paths]
        problems.append(problem_of(visit, Search(visit)))
        found = plan(visit.wishes, visit.programme, visit.walk_tables())
        score = BREAK * found.breaks + MUST_SEE * found.must_sees + round(found.utility)
        scores.append(score if found.reachable else None)
    done = subprocess.run(
        [PYTHON, SCRIPT], input=json.dumps({"problems": problems}), capture_output=True, text=True, check=True
    )
    best = json.loads(done.stdout)["scores"]
    assert [seed for seed in range(PROGRAMMES) if best[seed] != scores[seed]] == []
