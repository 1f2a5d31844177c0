"""Assistant for attendees: questions, their answers, and danger that they report."""

from __future__ import annotations

from pathlib import Path

from processors.assistant import rules
from schemas.assistant import ASSISTANT_ANSWERS, QUESTIONS, RATINGS
from schemas.crowd import CROWD
from schemas.programme import PROGRAMME_SETS
from schemas.queues import QUEUE_WAITS
from schemas.routes import PATH_STATES
from schemas.support import MAILS
from stream.runtime.feature import Access, Feature

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
    access={
        "support": Access(
            consumes=(QUESTIONS, RATINGS),
            broadcasts=(QUEUE_WAITS, CROWD, PROGRAMME_SETS, PATH_STATES),
            produces=(ASSISTANT_ANSWERS, MAILS),
        ),
        "console": Access(broadcasts=(ASSISTANT_ANSWERS,), produces=(QUESTIONS, RATINGS)),
    },
)
