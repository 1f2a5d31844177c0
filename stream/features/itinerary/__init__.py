"""Itineraries: a personal plan of sets, breaks and walks for each attendee."""

from __future__ import annotations

from schemas.itinerary import PLANS, WISHES
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="itinerary",
    topics=(WISHES, PLANS),
    evaluations=("stream.commands.itinerary:itinerary",),
)
