"""Itineraries: a personal plan of sets, breaks and walks for each attendee."""

from __future__ import annotations

from schemas.crowd import CROWD
from schemas.itinerary import PLANS, WISHES
from schemas.programme import PROGRAMME_SETS
from schemas.routes import PATH_STATES
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="itinerary",
    inputs=(WISHES,),
    topics=(PLANS,),
    agents={"support": "stream.features.itinerary.agents:register"},
    metrics=("stream.features.itinerary.metrics",),
    console="console.features.itinerary:FEATURE",
    evaluations=("stream.commands.itinerary:itinerary",),
    access={
        "support": Access(
            consumes=(WISHES, PROGRAMME_SETS, PATH_STATES),
            broadcasts=(WISHES, PLANS, PROGRAMME_SETS, PATH_STATES, CROWD),
            produces=(PLANS,),
        ),
        "console": Access(broadcasts=(WISHES, PLANS), produces=(WISHES,)),
    },
)
