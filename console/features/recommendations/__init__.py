"""Recommendations: public endpoints for the festival's page or app, without a login."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.recommendations import taste
from console.features.recommendations.taste import IMPORT_PATH, MAX_EXPORT_BYTES, TasteLimit
from console.features.recommendations.view import CHANNEL, RecommendationView
from schemas.recommendations import RECOMMENDATIONS

FEATURE = ConsoleFeature(
    name="recommendations",
    folder=Path(__file__).parent,
    routers=(taste.router,),
    channels=(LiveChannel(CHANNEL, roles=("production",), in_api=False),),
    views=(ViewDefinition(lambda _context: RecommendationView(), CHANNEL, replay={RECOMMENDATIONS: 0}),),
    services=(lambda context: TasteLimit(context.redis),),
    long_requests={IMPORT_PATH: MAX_EXPORT_BYTES + 1},
)
