"""Queues: people waiting before bars, gates and toilets, and how long they wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from processors.queues import rules
from schemas.attendance import ATTENDANCE
from schemas.bars import SALES
from schemas.queues import QUEUE_COUNTS, QUEUE_WAITS, QUEUES
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="queues",
    topics=(QUEUE_COUNTS,),
    results=(QUEUE_WAITS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    venue_section=QUEUES,
    frame_observers=("processors.queues.observer:queue_observer",),
    agents={"vision": "stream.features.queues.agents:register"},
    metrics=("stream.features.queues.metrics",),
    console="console.features.queues:FEATURE",
    access={
        "vision": Access(
            consumes=(QUEUE_COUNTS,),
            broadcasts=(SALES, ATTENDANCE),
            produces=(QUEUE_COUNTS, QUEUE_WAITS),
            tables=(StateTopics("queues", (QUEUE_COUNTS,), idle=timedelta(days=7)),),
        ),
        "console": Access(broadcasts=(QUEUE_WAITS,)),
    },
)
