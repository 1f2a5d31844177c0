"""Cameras: frames, camera faults and the camera wall. The vision worker analyzes each frame once for all features."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from processors.cameras import rules
from schemas.attendance import ATTENDANCE
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from schemas.violence import VIOLENCE
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="cameras",
    inputs=(FRAMES,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"vision": "stream.features.cameras.agents:register"},
    buffer_events=128,  # a frame may have some hundred kilobytes
    metrics=("stream.features.cameras.metrics",),
    evaluations=("stream.commands.evaluate_vision:faults",),
    console="console.features.cameras:FEATURE",
    access={
        "vision": Access(
            consumes=(FRAMES,),
            produces=(CROWD, VIOLENCE, CONTEXT, ATTENDANCE),
            tables=(StateTopics("cameras", (FRAMES,), keeps_offsets=False, idle=timedelta(days=7)),),
        ),
        "sources": Access(produces=(FRAMES,)),
        "console": Access(broadcasts=(FRAMES,)),
    },
)
