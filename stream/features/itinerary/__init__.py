"""Itineraries: a personal plan of sets, breaks and walks for each attendee."""

from __future__ import annotations

from schemas.itinerary import PLANS, WISHES
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="itinerary",
    inputs=(WISHES,),
    topics=(PLANS,),
    agents={"support": "stream.features.itinerary.agents:register"},
    metrics=("stream.features.itinerary.metrics",),
    evaluations=("stream.commands.itinerary:itinerary",),
)
