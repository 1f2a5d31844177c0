from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from processors.itinerary.evaluation import evaluate
from processors.itinerary.requests import RequestError

ZONE = ZoneInfo("Europe/Madrid")
TABLES = {
    "acts.csv": "act_id,name,genres,tags,language,popularity,accessible_show\n"
    "b1,Los Faroles,rock,mood:happy,es,0.5,\nb2,Rua,folk,,pt,0.4,\nb3,Sol,folk,,es,0.3,\n",
    "programme.csv": "day,start,end,stage,act,act_id,kind,status,previous_stage,previous_start\n"
    "2030-06-01,2030-06-01T20:00:00+02:00,2030-06-01T21:00:00+02:00,north,Los Faroles,b1,concert,scheduled,,\n"
    "2030-06-01,2030-06-01T20:00:00+02:00,2030-06-01T21:00:00+02:00,south,Rua,b2,concert,scheduled,,\n"
    "2030-06-01,2030-06-02T00:30:00+02:00,2030-06-02T01:30:00+02:00,south,Sol,b3,concert,scheduled,,\n",
    "places.csv": "id,name_es,name_en,kind,x_m,y_m,step_free,opens,closes\n"
    "north,Norte,North,stage,0,500,yes,14:00,04:00\nsouth,Sur,South,stage,0,0,yes,14:00,04:00\n"
    "inn,Inn,Inn,food,0,0,yes,22:00,23:00\n",
    "paths.csv": "from,to,metres,kind,step_free,width_m,slope_percent,one_way,open_from,open_until\n"
    "north,south,720,steps,no,2,20,no,,\nnorth,south,1440,paved,yes,2,1,no,,\nsouth,inn,72,paved,yes,2,1,no,,\n",
}


def request(**fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "r1", "day": "2030-06-01", "must_see": ["b1", "b3"], "likes": ["folk"], "dislikes": [],
        "start": "2030-06-01T19:00:00+02:00", "end": "2030-06-02T02:00:00+02:00", "from": "north", "to": "south",
        "mobility": "none", "max_walk_m": 2000,
        "breaks": [{"kind": "food", "minutes": 30, "from": "21:00", "until": "23:30"}],
        "expect": {"feasible": True, "best": 2},
    }  # fmt: skip
    return given | fields


def write(folder: Path, *requests: dict[str, Any]) -> Path:
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    lines = "".join(json.dumps(one) + "\n" for one in requests)
    (folder / "itineraries.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_plans_are_compared_with_the_best_and_written(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        request(),
        request(id="r2", must_see=["b1", "b2"], likes=[], breaks=[], expect={"feasible": False, "best": 1}),
        request(id="r3", max_walk_m=100, expect={"feasible": False}),
        request(id="r4", expect={"best": 2, "forbidden_edges": [["south", "north"]]}),
    )
    report = evaluate(folder, ZONE, plans=tmp_path / "plans.jsonl")
    figures = {name: report[name] for name in ("requests", "optimal", "infeasible_told", "feasible_kept", "overlaps")}
    assert figures == {"requests": 4, "optimal": 1.0, "infeasible_told": 1.0, "feasible_kept": 1.0, "overlaps": 0}
    assert report["forbidden_edges"] == 1
    lines = [json.loads(line) for line in (tmp_path / "plans.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(stop["act_id"], stop["place"]) for stop in lines[0]["plan"]] == [
        ("b1", "north"),
        (None, "inn"),
        ("b3", "south"),
    ]
    assert lines[0]["plan"][1]["from"] == "2030-06-01T22:00:00+02:00"
    assert lines[1]["unmet"][0]["reason"] == "no_time"
    assert (lines[2]["reachable"], lines[2]["plan"]) == (False, [])


@pytest.mark.parametrize(
    ("best", "optimal"),
    [
        (2, 1.0),
        (3, 0.0),
        ({"must_see": 2, "likes": 0}, 1.0),
        ({"must_see": ["b1", "b3"], "likes": ["b2"]}, 0.0),
        ({"acts": 2}, 1.0),
        (["b1", "b3"], 1.0),
        (None, None),
    ],
)
def test_best_is_understood_in_its_forms(tmp_path: Path, best: Any, optimal: float | None) -> None:
    assert evaluate(write(tmp_path, request(expect={"best": best})), ZONE)["optimal"] == optimal


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"from": "west"}, "line 1: the place 'west' is not in places.csv"),
        ({"mobility": "bike"}, "line 1: mobility 'bike'"),
        ({"breaks": [{"kind": "food"}]}, "line 1: the field 'minutes' is missing"),
        ({"start": "soon"}, "line 1: Invalid isoformat"),
    ],
)
def test_unusable_request_is_refused_with_its_line(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        evaluate(write(tmp_path, request(**fields)), ZONE)
