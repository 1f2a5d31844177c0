"""Routes: the map of paths for those who walk, and which of them are closed or crowded."""

from __future__ import annotations

from schemas.crowd import CROWD
from schemas.routes import PATH_STATES, PATHS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="routes",
    inputs=(PATH_STATES,),
    agents={"support": "stream.features.routes.agents:register"},
    venue_section=PATHS,
    console="console.features.routes:FEATURE",
    commands=("stream.commands.routes:register",),
    access={
        "support": Access(consumes=(CROWD,), broadcasts=(CROWD, PATH_STATES), produces=(PATH_STATES,)),
        "console": Access(broadcasts=(PATH_STATES,)),
        "operator": Access(produces=(PATH_STATES,)),
    },
)
