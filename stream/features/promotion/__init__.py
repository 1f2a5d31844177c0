"""Promotion: which variant of a message is shown to whom, by declared taste, and what came of it."""

from __future__ import annotations

from processors.promotion.retention import SHOWINGS_IDLE
from schemas.promotion import PROMOTION_ACTIONS, PROMOTION_CAMPAIGNS, PROMOTION_EVENTS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="promotion",
    inputs=(PROMOTION_ACTIONS, PROMOTION_EVENTS),
    topics=(PROMOTION_CAMPAIGNS,),
    agents={"support": "stream.features.promotion.agents:register"},
    metrics=("stream.features.promotion.metrics",),
    console="console.features.promotion:FEATURE",
    access={
        "support": Access(
            consumes=(PROMOTION_ACTIONS, PROMOTION_EVENTS),
            produces=(PROMOTION_CAMPAIGNS,),
            tables=(StateTopics("promotion", (PROMOTION_EVENTS, PROMOTION_ACTIONS), idle=SHOWINGS_IDLE),),
        ),
        "console": Access(broadcasts=(PROMOTION_CAMPAIGNS,), produces=(PROMOTION_ACTIONS, PROMOTION_EVENTS)),
    },
)
