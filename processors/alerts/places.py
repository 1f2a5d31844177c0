"""Places of alerts: the zones that a rule's subject lies in, and zones beside each other on the plan."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from processors.accents import without_accents
from schemas.alerts import Alert
from schemas.control_room import CONTROL_ROOM
from schemas.ids import ZoneId
from schemas.polygons import edges_touch
from schemas.queues import QUEUES
from schemas.venue import Venue

Point = tuple[float, float]

_WORD = re.compile(r"[^\W_]+")


class PlaceFinder:
    """Zones of alerts, by the venue file.

    The subject of an alert names a zone, or a camera, gate or queue that lies in one. A mail names none: its zone is
    the only one whose title or further names (`control_room.place_names`) are in its text. Where it names two, it has
    none.
    """

    def __init__(self, venue: Venue) -> None:
        self._zones = _zones_by_subject(venue)
        names = venue.section(CONTROL_ROOM).place_names
        self._names = {
            zone.id: [_words(name) for name in (zone.title, *names.get(zone.id, ())) if name] for zone in venue.zones
        }
        self._neighbours = _neighbours(venue)

    def zones_of(self, alert: Alert, *, has_subject: bool) -> frozenset[ZoneId]:
        """Return the zones that an alert is in; none where they are not known.

        Args:
            alert: its subject or texts name the place.
            has_subject: False where the subject is an internal id and the texts are searched.
        """
        if has_subject:
            return self._zones.get(alert.subject.split("/", maxsplit=1)[0], frozenset())
        text = _words(" ".join(alert.text.values()))
        named = frozenset(zone for zone, names in self._names.items() if any(name in text for name in names))
        return named if len(named) == 1 else frozenset()

    def are_near(self, one: frozenset[ZoneId], other: frozenset[ZoneId]) -> bool:
        """Return True if two alerts are in one zone, or in zones beside each other."""
        return bool(one & other) or any(b in self._neighbours.get(a, frozenset()) for a in one for b in other)


def gap(one: Sequence[Point], other: Sequence[Point]) -> float:
    """Return the shortest distance between the edges of two polygons, in their unit; 0 where these touch or cross.

    >>> square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    >>> gap(square, [(14, 3), (20, 3), (20, 6)])
    4.0
    >>> gap(square, [(5, 5), (20, 5), (20, 7), (5, 7)])
    0.0
    """
    if any(edges_touch(a, b) for a in _edges(one) for b in _edges(other)):
        return 0.0
    pairs = ((point, edge) for a, b in ((one, other), (other, one)) for point in a for edge in _edges(b))
    return min(_distance(point, *edge) for point, edge in pairs)


def _zones_by_subject(venue: Venue) -> dict[str, frozenset[ZoneId]]:
    """Return the zones by what a subject may begin with; a zone's own name wins over those of cameras and gates."""
    of_camera: dict[str, frozenset[ZoneId]] = {
        camera.id: frozenset(view.zone for view in camera.views) for camera in venue.cameras
    }
    found: dict[str, frozenset[ZoneId]] = {
        queue.id: of_camera.get(queue.camera, frozenset())
        for queue in venue.section(QUEUES)
        if queue.place == "gate"  # a queue at a bar or toilets is no danger by itself
    }
    for camera in venue.cameras:
        found |= {gate.id: of_camera[camera.id] for gate in camera.gates}
    found |= of_camera
    return found | {zone.id: frozenset({zone.id}) for zone in venue.zones}


def _neighbours(venue: Venue) -> Mapping[ZoneId, frozenset[ZoneId]]:
    polygons = venue.plan.zones if venue.plan is not None else {}
    metres = venue.section(CONTROL_ROOM).neighbour_metres
    near = [(a, b) for a, b in combinations(sorted(polygons), 2) if gap(polygons[a], polygons[b]) <= metres]
    return {zone: frozenset(b if a == zone else a for a, b in near if zone in (a, b)) for zone in polygons}


def _edges(polygon: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return zip(polygon, [*polygon[1:], polygon[0]], strict=True)


def _distance(point: Point, begin: Point, end: Point) -> float:
    """Return the distance of a point from a line between two points."""
    (x, y), (x0, y0), (x1, y1) = point, begin, end
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    share = 0.0 if length == 0 else min(1.0, max(0.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length))
    return math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0))


def _words(text: str) -> str:
    """Return a text in lower case without accents and signs, one space around each word."""
    return f" {' '.join(_WORD.findall(without_accents(text.casefold())))} "
