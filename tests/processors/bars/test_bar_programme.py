"""Stages that matter to a bar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from processors.bars.bar_programme import stages_of_bar
from processors.festival.bar_stages import nearest_stages
from processors.programme.changes import cancelled
from schemas.programme import ProgrammeSet
from schemas.venue import Venue

AT = datetime(2030, 7, 5, 20, tzinfo=ZoneInfo("Europe/Madrid"))
DAY = AT.date()
VENUE = Venue.model_validate({
    "name": "Test",
    "zones": [{"id": "front", "area_m2": 100, "capacity": 300}],
    "bars": [{"id": "north", "zone": "front"}, {"id": "south"}, {"id": "nowhere"}],
    "stages": [{"id": "main", "zone": "front"}, {"id": "forest"}],
    "plan": {
        "outline": [[0, 0], [50, 0], [50, 50]],
        "bars": {"south": [40, 2]},
        "stages": {"main": [0, 0], "forest": [45, 5]},
    },
})  # fmt: skip


def one(name: str, stage: str, hour: int, minutes: int, day: date = DAY, **fields: str) -> ProgrammeSet:
    begin = AT + timedelta(hours=hour)
    end = begin + timedelta(minutes=minutes)
    return ProgrammeSet(id=name, day=day, begin=begin, end=end, stage=stage, act=name, name=name, **fields)


def test_nearest_stage_is_that_of_the_zone_or_the_nearest_on_the_plan() -> None:
    assert [nearest_stages(bar, VENUE) for bar in VENUE.bars] == [("main",), ("forest",), ()]


def test_stage_of_the_headliner_comes_first() -> None:
    sets = [
        one("late", "main", 4, 90),
        one("early", "main", 1, 60),
        one("other", "forest", 2, 60),
        one("tent", "tent", 2, 60),
        one("tomorrow", "forest", 26, 60, AT.date() + timedelta(days=1)),
        one("signing", "forest", 0, 120, kind="signing"),
    ]
    stages = stages_of_bar(["forest"], sets, AT.date())
    assert list(stages) == ["main", "forest"]
    assert stages["main"] == sorted(stages["main"])
    assert len(stages["main"]) == 2
    assert len(stages["forest"]) == 1


def test_cancelled_set_matters_to_nobody() -> None:
    assert stages_of_bar(["forest"], [cancelled(one("a", "forest", 1, 60))], AT.date()) == {}
