"""Sources: which cameras, microphones, mailboxes, tills and feeds of posts are silent for longer than they should."""

from __future__ import annotations

from pathlib import Path

from processors.sources import rules
from schemas.sources import PROCESS_STATES, REPORTS, SOURCE_STATES
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="sources",
    inputs=(REPORTS,),
    results=(SOURCE_STATES, PROCESS_STATES),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"alerts": "stream.features.sources.agents:register"},
    metrics=("stream.features.sources.metrics",),
    console="console.features.sources:FEATURE",
    access={
        "alerts": Access(
            consumes=(REPORTS,),
            produces=(REPORTS, SOURCE_STATES, PROCESS_STATES),
            tables=(StateTopics("sources", (REPORTS,)),),
        ),
        "sources": Access(produces=(REPORTS,)),
        "console": Access(broadcasts=(PROCESS_STATES, SOURCE_STATES)),
    },
)
