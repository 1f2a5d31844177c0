"""Music: mood, genre, tempo and loudness of each stage."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from processors.music import rules
from schemas.music import SNIPPETS, TAGS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="music",
    inputs=(SNIPPETS,),
    results=(TAGS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"music": "stream.features.music.agents:register"},
    buffer_events=64,  # a fragment may have some hundred kilobytes
    metrics=("stream.features.music.metrics",),
    commands=("stream.commands.tag:register",),
    evaluations=(
        "stream.commands.evaluate:mood",
        "stream.commands.evaluate:genre",
    ),
    console="console.features.music:FEATURE",
    access={
        "music": Access(
            consumes=(SNIPPETS,),
            produces=(TAGS,),
            tables=(StateTopics("stages", (SNIPPETS,), idle=timedelta(days=7)),),
        ),
        "sources": Access(produces=(SNIPPETS,)),
        "console": Access(broadcasts=(TAGS,)),
    },
)
