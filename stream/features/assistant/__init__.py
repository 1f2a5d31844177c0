"""Assistant for attendees: questions, their answers, and danger that they report."""

from __future__ import annotations

from pathlib import Path

from processors.assistant import rules
from schemas.assistant import ASSISTANT_ANSWERS, QUESTIONS, RATINGS
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="assistant",
    inputs=(QUESTIONS, RATINGS),
    results=(ASSISTANT_ANSWERS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"support": "stream.features.assistant.agents:register"},
    metrics=("stream.features.assistant.metrics",),
    console="console.features.assistant:FEATURE",
    evaluations=("stream.features.assistant.evaluation:assistant",),
)
