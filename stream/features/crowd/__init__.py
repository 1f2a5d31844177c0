"""Crowd: people, density, flow and forecast of each zone."""

from __future__ import annotations

from schemas.crowd import CROWD
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="crowd",
    results=(CROWD,),
    metrics=("stream.features.crowd.metrics",),
    evaluations=(
        "stream.commands.evaluate_vision:crowd",
        "stream.commands.evaluate_vision:occupancy",
    ),
    console="console.features.crowd:FEATURE",
)
