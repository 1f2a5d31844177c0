"""Stages whose sets matter to a bar: the nearest one, and that of the headliner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from processors.bars.evening_profile import StageSets
from schemas.ids import PlaceId
from schemas.programme import ProgrammeSet


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
