"""Itinerary: a public endpoint that plans an attendee's visit, without a login."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.itinerary import plans
from console.features.itinerary.plans import OfferLimit, PlanLimit
from console.features.itinerary.view import CHANNEL, PlanView
from schemas.itinerary import PLANS, WISHES

REPLAYED = 5_000
"""Plans of each partition that are read at the start, so that offers outlive a restart."""

FEATURE = ConsoleFeature(
    name="itinerary",
    folder=Path(__file__).parent,
    routers=(plans.router,),
    channels=(LiveChannel(CHANNEL, roles=("production",), in_api=False),),
    views=(ViewDefinition(lambda _context: PlanView(), CHANNEL, replay={PLANS: REPLAYED, WISHES: 0}),),
    services=(lambda context: PlanLimit(context.redis), lambda context: OfferLimit(context.redis)),
)
