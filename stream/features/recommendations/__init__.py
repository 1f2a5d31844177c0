"""Recommendations: acts for each attendee, from what they like and play."""

from __future__ import annotations

from processors.recommendations.retention import FORGOTTEN_IDLE
from schemas.recommendations import RECOMMENDATIONS, TASTE_EVENTS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="recommendations",
    inputs=(TASTE_EVENTS,),
    topics=(RECOMMENDATIONS,),
    agents={"support": "stream.features.recommendations.agents:register"},
    console="console.features.recommendations:FEATURE",
    evaluations=("stream.commands.evaluate:recommend",),
    access={
        "support": Access(
            consumes=(TASTE_EVENTS,),
            broadcasts=(TASTE_EVENTS,),
            produces=(RECOMMENDATIONS,),
            tables=(StateTopics("recommendations", (TASTE_EVENTS,), idle=FORGOTTEN_IDLE),),
        ),
        "console": Access(broadcasts=(RECOMMENDATIONS,), produces=(TASTE_EVENTS,)),
    },
)
