"""Cameras: frames, camera faults and the camera wall. The vision worker analyzes each frame once for all features."""

from __future__ import annotations

from pathlib import Path

from processors.cameras import rules
from schemas.cameras import FRAMES
from stream.runtime.feature import Feature

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
)
