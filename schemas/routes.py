"""Routes: the map of paths in the venue file, and the states of paths; their topic."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import Field

from schemas.fields import NAMED, Identifier, Instant, repeated
from schemas.ids import PlaceId
from schemas.topic import Topic
from schemas.venue import Venue
from schemas.venue_map import Path, Place
from schemas.venue_parts import Part
from schemas.venue_section import VenueSection

PathCondition = Literal["open", "crowded", "closed"]
"""`crowded`: to be avoided by those who can."""


CROWD_WATCH = "crowd-watch"
"""Name under which the watch of crowded zones sets states; its records have keys of their own."""


class PathState(Struct, frozen=True, kw_only=True):
    """State of a path, in both directions, as a person or a feature set it.

    Attributes:
        by: who set it.
        note: reason, for people.
    """

    start: Annotated[PlaceId, NAMED]
    end: Annotated[PlaceId, NAMED]
    time: Instant
    state: PathCondition
    by: Identifier
    note: Annotated[str, Meta(max_length=500)] = ""


class PathsSettings(Part):
    """Map for those who walk. `pulso routes import` makes it from CSV tables or GeoJSON."""

    places: list[Place] = Field(default_factory=list, description="stages, services and junctions")
    paths: list[Path] = Field(default_factory=list, description="ways between two places; others are not joined")
    crowded_from: Literal["C", "D", "E", "F"] | None = Field(
        default="E",
        description="level of density from which the paths through a zone are crowded, as they are while it is full; "
        "two levels lower they are free again. None: people alone say which paths are crowded",
    )
    help_es: str = Field(default="", description="whom to call where no way is found, in Spanish")
    help_en: str = Field(default="", description="whom to call where no way is found, in English")


PATH_STATES = Topic(
    "paths.states",
    "start/end; crowd/start/end where the watch of crowded zones sets it",
    PathState,
    "pulso.path.state.v1",
    "The last state of each path that somebody closed, called crowded or opened.",
    partitions=1,
    compacted=True,
)


def _mistakes(venue: Venue) -> list[str]:
    section = venue.section(PATHS)
    ids = {place.id for place in section.places}
    found = [f"paths: the place {one!r} stands there twice" for one in repeated(place.id for place in section.places)]
    for path in section.paths:
        found += [
            f"paths: {path.start}–{path.end} names {end!r}, which is not among places"
            for end in (path.start, path.end)
            if end not in ids
        ]
    return found


PATHS: VenueSection[PathsSettings] = VenueSection(
    "paths", PathsSettings, PathsSettings, "places and paths for those who walk", _mistakes
)
