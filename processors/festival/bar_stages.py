"""Stages near a bar."""

from __future__ import annotations

import math

from schemas.bars import BarSettings
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
