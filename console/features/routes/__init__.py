"""Routes: public endpoints with the map of paths, and the way between two places for a walker's needs."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.routes import ways
from console.features.routes.view import CHANNEL, REPLAY_RECORDS, PathsView
from console.features.routes.ways import RouteLimit
from schemas.routes import PATH_STATES

FEATURE = ConsoleFeature(
    name="routes",
    folder=Path(__file__).parent,
    routers=(ways.router,),
    channels=(LiveChannel(CHANNEL, in_api=False),),
    views=(ViewDefinition(lambda context: PathsView(context.venue), CHANNEL, replay={PATH_STATES: REPLAY_RECORDS}),),
    services=(lambda context: RouteLimit(context.redis),),
)
