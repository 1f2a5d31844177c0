"""Moments: social posts by set and minute, and bursts of them."""

from __future__ import annotations

from processors.moments.minutes import KEPT_AFTER_LAST_POST
from schemas.bars import SALES
from schemas.crowd import CROWD
from schemas.moments import MOMENT_LINKS, MOMENT_MINUTES
from schemas.music import TAGS
from schemas.programme import PROGRAMME_SETS
from schemas.social import POST_READINGS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="moments",
    topics=(MOMENT_LINKS, MOMENT_MINUTES),
    agents={"support": "stream.features.moments.agents:register"},
    metrics=("stream.features.moments.metrics",),
    console="console.features.moments:FEATURE",
    evaluations=("stream.commands.moments:moments",),
    access={
        "support": Access(
            consumes=(POST_READINGS, MOMENT_LINKS),
            broadcasts=(PROGRAMME_SETS,),
            produces=(MOMENT_LINKS, MOMENT_MINUTES),
            tables=(StateTopics("moments", (MOMENT_LINKS,), idle=KEPT_AFTER_LAST_POST),),
        ),
        "console": Access(broadcasts=(MOMENT_MINUTES, CROWD, SALES, TAGS)),
    },
)
