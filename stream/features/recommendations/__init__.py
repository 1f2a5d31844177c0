"""Recommendations: acts for each attendee, from what they like and play."""

from __future__ import annotations

from schemas.recommendations import RECOMMENDATIONS, TASTE_EVENTS
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="recommendations",
    inputs=(TASTE_EVENTS,),
    topics=(RECOMMENDATIONS,),
    agents={"support": "stream.features.recommendations.agents:register"},
    console="console.features.recommendations:FEATURE",
    evaluations=("stream.commands.evaluate:recommend",),
)
