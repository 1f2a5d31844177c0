"""Solve small itineraries with OR-Tools CP-SAT: a job on standard input, time and best scores on standard output.

OR-Tools needs another protobuf than Pulso, so this runs in an environment of its own (`.venv-bench`).
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ortools.sat.python import cp_model  # type: ignore[import-not-found]


def solve(problem: dict[str, Any]) -> int | None:
    """Return the highest sum of weights; None if there is no way.

    A node is a set, or a break at one place: place, first and last minute of its begin, minutes, weight, group. At most
    one of each group (the sets of an act, the places of a break) is visited. Node 0 is departure and arrival.
    """
    model, nodes, end = cp_model.CpModel(), problem["nodes"], problem["end"]
    minutes, metres = problem["minutes"], problem["metres"]
    begins = [model.new_int_var(0, end, "") for _ in range(len(nodes) + 1)]
    visited = [model.new_bool_var("") for _ in nodes]
    arcs, walked = [], []

    def add_arc(start: int, stop: int, origin: str, target: str | None, leaves: Any) -> None:
        if target is not None and minutes[origin].get(target) is None:
            return
        arc = model.new_bool_var("")
        arcs.append((start, stop, arc))
        takes = 0 if target is None else minutes[origin][target]
        arrives = end if stop == 0 else begins[stop]
        model.add(leaves + takes <= arrives).only_enforce_if(arc)
        walked.append(arc * (0 if target is None else metres[origin][target]))

    add_arc(0, 0, problem["origin"], problem["destination"], 0)
    for number, node in enumerate(nodes, start=1):
        begin = begins[number]
        model.add(begin >= node["first"]).only_enforce_if(visited[number - 1])
        model.add(begin <= node["last"]).only_enforce_if(visited[number - 1])
        arcs.append((number, number, visited[number - 1].negated()))
        add_arc(0, number, problem["origin"], node["place"], 0)
        leaves = begin + node["minutes"]
        add_arc(number, 0, node["place"], problem["destination"], leaves)
        for other, following in enumerate(nodes, start=1):
            if other != number:
                add_arc(number, other, node["place"], following["place"], leaves)
    if all(start != 0 for start, _, _ in arcs):
        return None
    model.add_circuit(arcs)
    if problem["max_metres"] is not None:
        model.add(sum(walked) <= problem["max_metres"])
    for group in {node["group"] for node in nodes}:
        members = [one for one, node in zip(visited, nodes, strict=True) if node["group"] == group]
        model.add(sum(members) <= 1)
    model.maximize(sum(one * node["weight"] for one, node in zip(visited, nodes, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        return None
    score: int = round(solver.objective_value)
    return score


def main() -> None:
    """Solve the problems of a job and print the result."""
    problems = json.load(sys.stdin)["problems"]
    began, cpu_began = time.monotonic(), time.process_time()
    scores = [solve(problem) for problem in problems]
    result = {
        "events": len(problems),
        "seconds": time.monotonic() - began,
        "cpu_seconds": time.process_time() - cpu_began,
        "scores": scores,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
