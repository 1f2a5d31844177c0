"""Paths that lead through the zones of a venue."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from processors.festival.sections import places_of_zones
from processors.festival.walk_search import PathEnds
from schemas.ids import ZoneId
from schemas.routes import PATHS
from schemas.venue import Venue
from schemas.venue_map import Place

MIN_SHARE = 0.5
"""Share of a path that lies in a zone's outline, from which the path leads through the zone."""

_SAMPLES = 41


def paths_through_zones(venue: Venue) -> dict[ZoneId, tuple[PathEnds, ...]]:
    """Return the paths through each zone: by its outline on the plan; without one, those that end at its places.

    Both ends are on the plan and the path is taken to be straight.
    """
    section = venue.section(PATHS)
    places = {place.id: place for place in section.places}
    named = places_of_zones(venue, frozenset(places))
    outlines = venue.plan.zones if venue.plan is not None else {}
    found = {}
    for zone in venue.zones:
        outline = outlines.get(zone.id)
        if outline is None:
            own = set(named.get(zone.id, ()))
            through = [path for path in section.paths if {path.start, path.end} & own]
        else:
            through = [
                path
                for path in section.paths
                if share_inside(places[path.start], places[path.end], outline) >= MIN_SHARE
            ]
        if through:
            found[zone.id] = tuple((path.start, path.end) for path in through)
    return found


def share_inside(start: Place, end: Place, outline: Sequence[tuple[float, float]]) -> float:
    """Return the share of the straight line between two places that lies in a polygon."""
    polygon = np.array(outline, np.float32)
    line = np.linspace((start.x_m, start.y_m), (end.x_m, end.y_m), _SAMPLES)
    return sum(cv2.pointPolygonTest(polygon, (x, y), False) >= 0 for x, y in line.tolist()) / _SAMPLES
