"""The map of paths, and which of them are closed or crowded now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec import Struct

from console.conditional import TaggedAnswer
from processors.festival.closures import Closures
from processors.festival.routing import Route, WalkingMap
from processors.festival.walk_search import PathEnds
from schemas.ids import PlaceId
from schemas.routes import PATHS, PathState
from schemas.venue import Venue
from schemas.venue_map import Mobility, Place

CHANNEL = "paths"

REPLAY_RECORDS = 5_000
"""Records that are read at the start: more than the paths of any festival."""


class PathsView:
    """The map of the venue file, and the last state of each path."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._section = venue.section(PATHS)
        self._closures = Closures()

    @property
    def help(self) -> dict[str, str]:
        """Whom to call where no way is found, by language."""
        return {"es": self._section.help_es, "en": self._section.help_en}

    @cached_property
    def map(self) -> WalkingMap:
        """The map for walks."""
        return WalkingMap(self._section.places, self._section.paths, ZoneInfo(self._venue.timezone))

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply the state of a path."""
        del received_at
        return {CHANNEL} if isinstance(record, PathState) and self._closures.add(record) else set()

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return the ends of closed and crowded paths."""
        del channel
        return {
            "closed": sorted(sorted(ends) for ends in self._closures.closed_paths),
            "crowded": sorted(sorted(ends) for ends in self._closures.crowded_paths),
        }

    @property
    def closed_paths(self) -> list[tuple[str, str]]:
        """Return the names of the two ends of each closed path, in the venue's language."""
        return self._names(self._closures.closed_paths)

    @property
    def crowded_paths(self) -> list[tuple[str, str]]:
        """Return the names of the two ends of each crowded path, in the venue's language."""
        return self._names(self._closures.crowded_paths)

    def _names(self, paths: Iterable[PathEnds]) -> list[tuple[str, str]]:
        is_spanish = self._venue.language == "es"
        names = {one.id: one.name_es if is_spanish else one.name_en for one in self._section.places}
        ends = {tuple(sorted(path)) for path in paths}  # a path is in both directions
        return sorted((names.get(start, start), names.get(end, end)) for start, end in ends)

    @cached_property
    def drawing(self) -> TaggedAnswer:
        """Places, paths, the fence and the outlines of zones, for a page that draws them."""
        plan = self._venue.plan
        return TaggedAnswer.of({
            "places": [place.model_dump(mode="json") for place in self._section.places],
            "paths": [
                {"start": path.start, "end": path.end, "metres": path.metres, "kind": path.kind,
                 "steps": path.kind == "steps" or not path.step_free}
                for path in self._section.paths
            ],
            "outline": plan.outline if plan else None,
            "areas": plan.zones if plan else {},
            "help": self.help,
        })  # fmt: skip

    def route(self, start: PlaceId, end: PlaceId, mobility: Mobility, depart: datetime) -> Route | None:
        """Return the shortest way that is open, around crowded paths where that is possible; None if there is none."""
        closed, crowded = self._closures.closed_paths, self._closures.crowded_paths
        return self.map.route(start, end, mobility, depart, closed_paths=closed, crowded_paths=crowded)

    def nearest(self, start: PlaceId, kind: str, mobility: Mobility, now: datetime) -> tuple[Place, Route] | None:
        """Return the nearest open place of a kind and the way to it; None if there is none in reach."""
        closed, crowded = self._closures.closed_paths, self._closures.crowded_paths
        return self.map.nearest(start, kind, mobility, now, closed_paths=closed, crowded_paths=crowded)
