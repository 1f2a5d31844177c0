"""Crowd: people, density, flow and forecast of each zone."""

from __future__ import annotations

from pathlib import Path

from processors.crowd import rules
from schemas.crowd import CROWD
from schemas.sources import SOURCE_STATES
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="crowd",
    results=(CROWD,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    metrics=("stream.features.crowd.metrics",),
    evaluations=(
        "stream.commands.evaluate_vision:crowd",
        "stream.commands.evaluate_vision:occupancy",
    ),
    console="console.features.crowd:FEATURE",
    access={
        "console": Access(broadcasts=(CROWD, SOURCE_STATES)),
    },
)
