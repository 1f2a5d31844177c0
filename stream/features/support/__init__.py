"""Support: mails, their topics and clusters, approved answers."""

from __future__ import annotations

from pathlib import Path

from processors.support import rules
from schemas.support import ANSWERS, CLUSTERS, CORRECTIONS, MAILS, TRIAGE
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="support",
    inputs=(MAILS, CORRECTIONS),
    results=(TRIAGE,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    topics=(ANSWERS, CLUSTERS),
    agents={"support": "stream.features.support.agents:register"},
    buffer_events=512,  # a mail may have a hundred kilobytes
    metrics=("stream.features.support.metrics",),
    commands=(
        "stream.commands.support:register",
        "stream.commands.faq:register",
    ),
    evaluations=("stream.commands.evaluate:support", "stream.commands.evaluate:urgency"),
    console="console.features.support:FEATURE",
    access={
        "support": Access(
            consumes=(MAILS, CORRECTIONS),
            broadcasts=(ANSWERS,),
            produces=(TRIAGE, CLUSTERS),
            tables=(StateTopics("desk", (MAILS, CORRECTIONS)),),
        ),
        "sources": Access(produces=(MAILS,)),
        "console": Access(broadcasts=(TRIAGE, ANSWERS), produces=(ANSWERS,)),
        "operator": Access(produces=(CORRECTIONS,)),
    },
)
