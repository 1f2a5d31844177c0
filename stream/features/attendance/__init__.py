"""Attendance: people in the venue, by gates, zones and corrections."""

from __future__ import annotations

from pathlib import Path

from processors.attendance import rules
from schemas.attendance import ATTENDANCE, OCCUPANCY
from schemas.sources import SOURCE_STATES
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="attendance",
    inputs=(ATTENDANCE,),
    results=(OCCUPANCY,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"vision": "stream.features.attendance.agents:register"},
    metrics=("stream.features.attendance.metrics",),
    commands=("stream.commands.attendance:register",),
    evaluations=("stream.commands.evaluate_vision:gates",),
    console="console.features.attendance:FEATURE",
    access={
        "vision": Access(
            consumes=(ATTENDANCE,),
            broadcasts=(SOURCE_STATES,),
            produces=(OCCUPANCY,),
            tables=(StateTopics("attendance", (ATTENDANCE,)),),
        ),
        "console": Access(broadcasts=(OCCUPANCY, SOURCE_STATES)),
        "operator": Access(produces=(ATTENDANCE,)),
    },
)
