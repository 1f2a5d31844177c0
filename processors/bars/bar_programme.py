"""Stages whose sets matter to a bar: the nearest one, and that of the headliner."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date

from processors.bars.evening_profile import StageSets
from schemas.bars import BarSettings
from schemas.ids import PlaceId
from schemas.programme import ProgrammeSet
from schemas.venue import Venue


def nearest_stages(bar: BarSettings, venue: Venue) -> tuple[str, ...]:
    """Return the stages of the bar's zone, or else the nearest one on the plan; none where neither is known."""
    if found := tuple(stage.id for stage in venue.stages if stage.zone is not None and stage.zone == bar.zone):
        return found
    plan = venue.plan
    at = plan.bars.get(bar.id) if plan else None
    if plan is None or at is None or not plan.stages:
        return ()
    return (min(plan.stages, key=lambda stage: math.dist(at, plan.stages[stage])),)


def stages_of_bar(nearest: Sequence[str], sets: Iterable[ProgrammeSet], day: date) -> StageSets:
    """Return the performances of a festival day on the stage of the longest one, the headliner's, and the nearest ones.

    Args:
        nearest: as of `nearest_stages`.
        sets: of the programme, as they are now.
    """
    performances = [one for one in sets if one.day == day and one.is_performance]
    if not performances:
        return {}
    headliner = max(performances, key=lambda one: (one.end - one.begin, one.begin))
    wanted = dict.fromkeys([headliner.stage, *(PlaceId(stage) for stage in nearest)])
    found: dict[str, list[tuple[float, float]]] = {stage: [] for stage in wanted}
    for one in sorted(performances, key=lambda one: one.begin):
        if one.stage in found:
            found[one.stage].append((one.begin.timestamp(), one.end.timestamp()))
    return {stage: times for stage, times in found.items() if times}
