"""Routes: public endpoints with the map of paths, and the way between two places for a walker's needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.routes import ways
from console.features.routes.view import CHANNEL, REPLAY_RECORDS, PathsView
from console.features.routes.ways import RouteLimit
from console.services import ConsoleServices
from schemas.routes import PATH_STATES


def paths_in_force(services: ConsoleServices) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Yield the closed and the crowded paths, for the hand-over of a shift."""
    view = services.part(PathsView)
    for word, paths in (("path_closed", view.closed_paths), ("path_crowded", view.crowded_paths)):
        for start, end in paths:
            yield word, {"start": start, "end": end}


FEATURE = ConsoleFeature(
    name="routes",
    folder=Path(__file__).parent,
    routers=(ways.router,),
    channels=(LiveChannel(CHANNEL, in_api=False),),
    views=(ViewDefinition(lambda context: PathsView(context.venue), CHANNEL, replay={PATH_STATES: REPLAY_RECORDS}),),
    shift_report=paths_in_force,
    services=(lambda context: RouteLimit(context.redis),),
)
