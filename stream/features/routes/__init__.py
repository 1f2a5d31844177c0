"""Routes: the map of paths for those who walk, and which paths are closed."""

from __future__ import annotations

from schemas.routes import PATH_STATES, PATHS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="routes",
    inputs=(PATH_STATES,),
    venue_section=PATHS,
    console="console.features.routes:FEATURE",
    commands=("stream.commands.routes:register",),
    access={
        "console": Access(broadcasts=(PATH_STATES,)),
        "operator": Access(produces=(PATH_STATES,)),
    },
)
