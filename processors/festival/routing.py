"""Shortest walks over the paths of a venue, by Dijkstra's method (rustworkx), with hours, closures and mobility.

A walk leaves at a given moment, moves at the walker's speed and never waits on the way. It may use a path if the path
is open from the moment when its crossing begins to the moment when it ends. A path that is reached before it opens is
not used: to wait for it, leave later.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import rustworkx as rx

from processors.festival.hours import festival_day, is_open, opening_interval
from processors.festival.walk_search import (
    ROUNDING,
    CrowdedCost,
    CrowdedWalkSearch,
    Edge,
    PathEnds,
    Reach,
    ShortestEver,
    WalkSearch,
    edge_metres,
)
from schemas.ids import PlaceId
from schemas.venue_map import Hours, Mobility, Path, Place

SPEEDS: Mapping[Mobility, float] = {"none": 1.2, "slow": 0.7, "pushchair": 1.0, "wheelchair": 0.9}
"""Walking speed in metres per second."""

MIN_WIDTHS: Mapping[Mobility, float] = {"none": 0.0, "slow": 0.0, "pushchair": 0.8, "wheelchair": 1.2}
"""Clear width in metres that somebody needs."""

MAX_WHEELCHAIR_SLOPE = 8.0
"""Steepest slope for a wheelchair, in percent."""

MAX_WHEELCHAIR_KERB = 3.0
"""Highest kerb for a wheelchair, in centimetres."""

ACCESSIBLE_KINDS = {"toilet": "accessible_toilet"}
"""Kinds that somebody in a wheelchair looks for instead of others."""


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One path of a route.

    Attributes:
        kind: `paved`, `gravel`, `ramp`, `steps`, …
        steps: True if it has steps.
    """

    start: PlaceId
    end: PlaceId
    metres: float
    kind: str
    steps: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A walk without a stop.

    Attributes:
        places: places and junctions in their order, both ends included.
        minutes: whole minutes, rounded up.
    """

    places: tuple[PlaceId, ...]
    steps: tuple[RouteStep, ...]
    mobility: Mobility
    depart: datetime
    metres: float
    seconds: float
    minutes: int

    @property
    def arrive(self) -> datetime:
        """Return the arrival, after whole minutes."""
        return self.depart + timedelta(minutes=self.minutes)

    @property
    def has_steps(self) -> bool:
        """Return True if a path of the route has steps."""
        return any(step.steps for step in self.steps)


def may_use(path: Path, mobility: Mobility) -> bool:
    """Return True if somebody can use a path, whatever its hours."""
    if mobility == "none":
        return True
    if mobility == "slow":
        return path.kind != "steps"
    if not path.step_free or path.kind == "steps" or path.width_m < MIN_WIDTHS[mobility]:
        return False
    if mobility == "pushchair":
        return True
    return path.slope_percent <= MAX_WHEELCHAIR_SLOPE and path.kerb_cm <= MAX_WHEELCHAIR_KERB


def walking_minutes(metres: float, speed: float) -> int:
    """Return the duration of a walk between two stops in whole minutes, rounded up; the speed is in metres a second.

    >>> walking_minutes(72, 1.2), walking_minutes(73, 1.2), walking_minutes(42, SPEEDS["slow"])
    (1, 2, 1)
    """
    return math.ceil(metres / speed / 60 - ROUNDING)


class WalkingMap:
    """Places and paths of a venue, for walks.

    Args:
        places: places and junctions.
        paths: ways between them. Two places without a path between them aren't joined, however near they are.
        zone: time zone in which opening hours are written.

    Raises:
        ValueError: a path names a place that isn't on the map.
    """

    def __init__(self, places: Iterable[Place], paths: Iterable[Path], zone: ZoneInfo) -> None:
        self.places: dict[PlaceId, Place] = {place.id: place for place in places}
        self.paths: tuple[Path, ...] = tuple(paths)
        self.zone = zone
        self.speeds = SPEEDS
        self._ids = list(self.places)
        self._indices = {place: index for index, place in enumerate(self._ids)}
        for path in self.paths:
            for end in (path.start, path.end):
                if end not in self._indices:
                    raise ValueError(f"the path {path.start}–{path.end} names {end!r}, which isn't a place of the map")
        self._graphs = {mobility: self._graph(mobility) for mobility in SPEEDS}
        self._intervals: dict[Hours, list[tuple[float, float]]] = {}
        self._days: dict[Hours, set[int]] = {}

    def slowed(self, mobility: Mobility) -> WalkingMap:
        """Return the same map for those who walk with somebody of another mobility, and no faster."""
        slow = copy(self)
        slow.speeds = {name: min(speed, SPEEDS[mobility]) for name, speed in self.speeds.items()}
        return slow

    def route(
        self,
        start: PlaceId,
        end: PlaceId,
        mobility: Mobility,
        depart: datetime,
        *,
        closed_paths: Collection[PathEnds] = (),
        closed_places: Collection[PlaceId] = (),
        crowded_paths: Collection[PathEnds] = (),
    ) -> Route | None:
        """Return the shortest walk between two places, around crowded paths; None if there is no way.

        A closed place can be walked past, but nobody comes in or goes out through a closed entrance, or leaves through
        a closed exit. An entrance's hours count for coming in only, by a path of kind `gate`. The hours of the places
        at both ends don't count.

        Args:
            closed_paths: paths that nobody may use now, in both directions.
            closed_places: places that an operator closed.
            crowded_paths: paths that are taken only where the way around is more than `CROWDED_COST` times as long
                (`walk_search`).

        Raises:
            KeyError: a place isn't on the map.
        """
        if end not in self._indices:
            raise KeyError(end)
        reach = partial(self.reach, start, mobility, depart, closed_paths=closed_paths, closed_places=closed_places)
        if crowded_paths:
            around = reach(crowded_paths=crowded_paths)
            if end in around.metres:
                return self.route_of(around, start, end, mobility, depart)
        # A longer way around may reach a path after its hours: then the shortest way, through the crowd.
        return self.route_of(reach(), start, end, mobility, depart)

    def route_of(
        self, reach: Reach, start: PlaceId, end: PlaceId, mobility: Mobility, depart: datetime
    ) -> Route | None:
        """Return one walk of those that were found from a place; None if the end is out of reach."""
        metres = reach.metres.get(end)
        if metres is None:
            return None
        return self._route(start, reach.paths_to(end), metres, mobility, depart)

    def _route(
        self, start: PlaceId, paths: Iterable[Path], metres: float, mobility: Mobility, depart: datetime
    ) -> Route:
        at, steps = start, []
        for path in paths:
            following = path.end if path.start == at else path.start
            has_steps = path.kind == "steps" or not path.step_free
            steps.append(RouteStep(at, following, path.metres, path.kind, has_steps))
            at = following
        return Route(
            places=(start, *(step.end for step in steps)),
            steps=tuple(steps),
            mobility=mobility,
            depart=depart,
            metres=metres,
            seconds=metres / self.speeds[mobility],
            minutes=walking_minutes(metres, self.speeds[mobility]),
        )

    def nearest(
        self,
        start: PlaceId,
        wanted: str | Collection[str] | Callable[[Place], bool],
        mobility: Mobility,
        moment: datetime,
        *,
        closed_paths: Collection[PathEnds] = (),
        closed_places: Collection[PlaceId] = (),
        crowded_paths: Collection[PathEnds] = (),
    ) -> tuple[Place, Route] | None:
        """Return the open place with the shortest walk, and the walk; None if there is none in reach.

        The place is open now and on arrival. For somebody in a wheelchair it is step-free, and a toilet is an
        accessible toilet. Of places at the same distance, the first by id is returned.

        Args:
            wanted: a kind of place, kinds, or a condition of your own.
            crowded_paths: as of `route`.
        """
        if not callable(wanted):
            kinds = frozenset({wanted} if isinstance(wanted, str) else wanted)
            if mobility == "wheelchair":
                kinds = frozenset(ACCESSIBLE_KINDS.get(kind, kind) for kind in kinds)
            wanted = _OfKind(kinds)
        reach = partial(self.reach, start, mobility, moment, closed_paths=closed_paths, closed_places=closed_places)
        if crowded_paths:
            found = self._nearest(reach(crowded_paths=crowded_paths), start, wanted, mobility, moment, closed_places)
            if found is not None:
                return found
        return self._nearest(reach(), start, wanted, mobility, moment, closed_places)

    def _nearest(
        self,
        reach: Reach,
        start: PlaceId,
        wanted: Callable[[Place], bool],
        mobility: Mobility,
        moment: datetime,
        closed_places: Collection[PlaceId],
    ) -> tuple[Place, Route] | None:
        for metres, place_id in sorted((metres, place_id) for place_id, metres in reach.metres.items()):
            place = self.places[place_id]
            if place_id in closed_places or not self.is_usable(place, mobility) or not wanted(place):
                continue
            arrival = moment + timedelta(seconds=metres / self.speeds[mobility])
            if is_open(place.hours, moment, self.zone) and is_open(place.hours, arrival, self.zone):
                route = self.route_of(reach, start, place_id, mobility, moment)
                return None if route is None else (place, route)
        return None

    @staticmethod
    def is_usable(place: Place, mobility: Mobility) -> bool:
        """Return True if somebody can use the inside of a place."""
        return place.step_free or mobility != "wheelchair"

    def reach(
        self,
        start: PlaceId,
        mobility: Mobility,
        depart: datetime,
        *,
        closed_paths: Collection[PathEnds] = (),
        closed_places: Collection[PlaceId] = (),
        crowded_paths: Collection[PathEnds] = (),
    ) -> Reach:
        """Return the shortest walks from a place to all that are in reach, around crowded paths.

        Raises:
            KeyError: the place isn't on the map.
        """
        search = CrowdedWalkSearch if crowded_paths else WalkSearch
        visitor = search(self.open_intervals, self.speeds[mobility], depart, closed_paths, closed_places)
        cost = CrowdedCost(crowded_paths) if crowded_paths else edge_metres
        rx.dijkstra_search(self._graphs[mobility], [self._indices[start]], cost, visitor)
        return Reach(
            metres={self._ids[index]: metres for index, metres in visitor.metres.items()},
            depart=depart.timestamp(),
            valid_since=visitor.valid_since,
            valid_until=visitor.valid_until,
            before={self._ids[index]: edge.path for index, edge in visitor.before.items()},
        )

    def shortest_ever(self, mobility: Mobility, *, closed_paths: Collection[PathEnds] = ()) -> ShortestEver:
        """Return the shortest walks if every other path were open: a lower bound of all walks.

        Args:
            closed_paths: paths that are left out, in both directions.
        """
        graph = self._graphs[mobility]
        shut = {frozenset(ends) for ends in closed_paths}
        if shut:
            graph = graph.copy()
            ends = ((edge.path.start, edge.path.end, start, end) for start, end, edge in graph.weighted_edge_list())
            graph.remove_edges_from([(start, end) for first, second, start, end in ends if {first, second} in shut])
        return ShortestEver(graph, self._indices)

    def route_if_open(
        self, ever: ShortestEver, start: PlaceId, end: PlaceId, mobility: Mobility, depart: datetime
    ) -> Route | None:
        """Return the shortest walk of all if each of its paths is open when it is crossed; otherwise None."""
        if not self.is_open_on(ever.timed(start, end), mobility, depart.timestamp()):
            return None
        return self._route(start, ever.paths(start, end), ever.metres(start, end), mobility, depart)

    def is_open_on(self, timed: Sequence[tuple[float, Edge]], mobility: Mobility, depart: float) -> bool:
        """Return True if paths with hours are open when they are crossed.

        Args:
            timed: metres before each of them, and the path.
            depart: departure, as a timestamp in seconds.
        """
        speed = self.speeds[mobility]
        for walked, edge in timed:
            begin = depart + walked / speed
            hours, entry = edge.path.hours, edge.start_place.hours if edge.is_entry else None
            if hours is not None and not self._is_within(hours, begin, begin + edge.metres / speed):
                return False
            if entry is not None and not self._is_within(entry, begin, begin):
                return False
        return True

    def _is_within(self, hours: Hours, begin: float, end: float) -> bool:
        if hours.all_day:
            return True
        intervals = self.open_intervals(hours, begin)
        return any(opens <= begin and end <= closes + ROUNDING for opens, closes in intervals)

    def open_intervals(self, hours: Hours, moment: float) -> list[tuple[float, float]]:
        """Return the opening intervals around a moment as timestamps, in order; touching intervals are one."""
        day = festival_day(datetime.fromtimestamp(moment, self.zone), self.zone)
        intervals = self._intervals.setdefault(hours, [])
        days = self._days.setdefault(hours, set())
        for ordinal in range(day.toordinal() - 1, day.toordinal() + 3):
            if ordinal not in days:
                days.add(ordinal)
                opens, closes = opening_interval(hours, day.fromordinal(ordinal), self.zone)
                insort(intervals, (opens.timestamp(), closes.timestamp()))
                self._intervals[hours] = intervals = _merged(intervals)
        return intervals

    def _graph(self, mobility: Mobility) -> rx.PyDiGraph[PlaceId, Edge]:
        graph: rx.PyDiGraph[PlaceId, Edge] = rx.PyDiGraph()
        graph.add_nodes_from(self._ids)
        for path in self.paths:
            if not may_use(path, mobility):
                continue
            start, end = self._indices[path.start], self._indices[path.end]
            first, second = self.places[path.start], self.places[path.end]
            graph.add_edge(start, end, Edge(path, start, first, second))
            if not path.one_way:
                graph.add_edge(end, start, Edge(path, end, second, first))
        return graph


@dataclass(frozen=True, slots=True)
class _OfKind:
    kinds: frozenset[str]

    def __call__(self, place: Place) -> bool:
        return place.kind in self.kinds


def _merged(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for opens, closes in intervals:
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged
