"""Social posts: the sentiment of each subject and its change."""

from __future__ import annotations

from pathlib import Path

from processors.social import rules
from schemas.social import POST_READINGS, POSTS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="social",
    inputs=(POSTS,),
    results=(POST_READINGS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"support": "stream.features.social.agents:register"},
    buffer_events=512,
    metrics=("stream.features.social.metrics",),
    evaluations=("stream.commands.evaluate:sentiment",),
    access={
        "support": Access(
            consumes=(POSTS,),
            produces=(POST_READINGS,),
            tables=(StateTopics("posts", (POSTS,)),),
        ),
        "sources": Access(produces=(POSTS,)),
    },
)
