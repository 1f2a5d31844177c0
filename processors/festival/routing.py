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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import rustworkx as rx
from rustworkx.visit import DijkstraVisitor, PruneSearch

from processors.festival.hours import festival_day, is_open, opening_interval
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

ENTRANCE = "entrance"
"""Kind of a place whose hours are for coming in."""

GATE = "gate"
"""Kind of a path that leads in from an entrance."""

EXIT = "exit"
"""Kind of a place that can't be walked through while an operator keeps it closed."""

ACCESSIBLE_KINDS = {"toilet": "accessible_toilet"}
"""Kinds that somebody in a wheelchair looks for instead of others."""

CROWDED_COST = 10.0
"""Length of a crowded path, as a multiple of its own, when walks are compared: longer detours aren't made."""

_ROUNDING = 1e-9

PathEnds = tuple[PlaceId, PlaceId]
"""Start and end of a path, in either order."""


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
    return math.ceil(metres / speed / 60 - _ROUNDING)


@dataclass(slots=True)
class _Edge:
    """A path in one direction.

    Attributes:
        is_entry: True if walking this way comes in through an entrance.
        is_timed: True if it is open at certain hours only.
    """

    path: Path
    start: int
    start_place: Place
    end_place: Place
    metres: float = field(init=False)
    is_entry: bool = field(init=False)
    is_timed: bool = field(init=False)

    def __post_init__(self) -> None:
        self.metres = self.path.metres
        self.is_entry = self.start_place.kind == ENTRANCE and self.path.kind == GATE
        self.is_timed = self.path.hours is not None or self.is_entry


@dataclass(frozen=True, slots=True)
class Reach:
    """Shortest walks from one place to all others.

    Attributes:
        metres: length of the shortest walk by place; places out of reach are absent.
        depart: departure, as a timestamp in seconds.
        valid_since, valid_until: the walks are the same for every departure between them, both exclusive.
    """

    metres: Mapping[PlaceId, float]
    depart: float
    valid_since: float
    valid_until: float
    _before: Mapping[PlaceId, Path] = field(repr=False)

    def paths_to(self, end: PlaceId) -> list[Path]:
        """Return the paths of the shortest walk in their order; an empty list at the start or out of reach."""
        paths: list[Path] = []
        while end in self._before:
            path = self._before[end]
            paths.append(path)
            end = path.start if path.end == end else path.end
        return paths[::-1]


class ShortestEver:
    """Shortest walks between all places if every path were open, by Floyd and Warshall's method (rustworkx)."""

    def __init__(self, graph: rx.PyDiGraph[PlaceId, _Edge], indices: Mapping[PlaceId, int]) -> None:
        self._graph = graph
        self._indices = indices
        metres, successors = rx.floyd_warshall_successor_and_distance(graph, weight_fn=_metres)
        self._metres: list[list[float]] = metres.tolist()
        self._successors: list[list[int]] = successors.tolist()
        self._edges: dict[tuple[PlaceId, PlaceId], list[_Edge]] = {}
        self._timed: dict[tuple[PlaceId, PlaceId], list[tuple[float, _Edge]]] = {}

    def metres(self, start: PlaceId, end: PlaceId) -> float:
        """Return the length of a walk; infinite if there is no way."""
        return self._metres[self._indices[start]][self._indices[end]]

    def paths(self, start: PlaceId, end: PlaceId) -> list[Path]:
        """Return the paths of a walk in their order."""
        return [edge.path for edge in self._walk(start, end)]

    def timed(self, start: PlaceId, end: PlaceId) -> list[tuple[float, _Edge]]:
        """Return the paths of a walk that are open at certain hours only, with the metres before each."""
        timed = self._timed.get((start, end))
        if timed is None:
            timed, walked = [], 0.0
            for edge in self._walk(start, end):
                if edge.is_timed:
                    timed.append((walked, edge))
                walked += edge.metres
            self._timed[start, end] = timed
        return timed

    def _walk(self, start: PlaceId, end: PlaceId) -> list[_Edge]:
        edges = self._edges.get((start, end))
        if edges is None:
            edges, at, goal = [], self._indices[start], self._indices[end]
            while at != goal:
                following = self._successors[at][goal]
                edges.append(min(self._graph.get_all_edge_data(at, following), key=_metres))
                at = following
            self._edges[start, end] = edges
        return edges


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
            crowded_paths: paths that are taken only where the way around is more than `CROWDED_COST` times as long.

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
        visitor = _Walk(self, self.speeds[mobility], depart, closed_paths, closed_places)
        cost = _CrowdedCost(crowded_paths) if crowded_paths else _metres
        rx.dijkstra_search(self._graphs[mobility], [self._indices[start]], cost, visitor)
        return Reach(
            metres={self._ids[index]: metres for index, metres in visitor.metres.items()},
            depart=depart.timestamp(),
            valid_since=visitor.valid_since,
            valid_until=visitor.valid_until,
            _before={self._ids[index]: edge.path for index, edge in visitor.before.items()},
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

    def is_open_on(self, timed: Sequence[tuple[float, _Edge]], mobility: Mobility, depart: float) -> bool:
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
        return any(opens <= begin and end <= closes + _ROUNDING for opens, closes in intervals)

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

    def _graph(self, mobility: Mobility) -> rx.PyDiGraph[PlaceId, _Edge]:
        graph: rx.PyDiGraph[PlaceId, _Edge] = rx.PyDiGraph()
        graph.add_nodes_from(self._ids)
        for path in self.paths:
            if not may_use(path, mobility):
                continue
            start, end = self._indices[path.start], self._indices[path.end]
            first, second = self.places[path.start], self.places[path.end]
            graph.add_edge(start, end, _Edge(path, start, first, second))
            if not path.one_way:
                graph.add_edge(end, start, _Edge(path, end, second, first))
        return graph


@dataclass(frozen=True, slots=True)
class _OfKind:
    kinds: frozenset[str]

    def __call__(self, place: Place) -> bool:
        return place.kind in self.kinds


def _metres(edge: _Edge) -> float:
    return edge.metres


class _CrowdedCost:
    """Length of a path, multiplied where it is crowded."""

    def __init__(self, crowded_paths: Collection[PathEnds]) -> None:
        self._crowded = {frozenset(ends) for ends in crowded_paths}

    def __call__(self, edge: _Edge) -> float:
        crowded = frozenset((edge.path.start, edge.path.end)) in self._crowded
        return edge.metres * CROWDED_COST if crowded else edge.metres


def _merged(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for opens, closes in intervals:
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


class _Walk(DijkstraVisitor):
    """Records the shortest walks, and refuses paths that are closed when they would be crossed."""

    def __init__(
        self,
        walking_map: WalkingMap,
        speed: float,
        depart: datetime,
        closed_paths: Collection[PathEnds],
        closed_places: Collection[PlaceId],
    ) -> None:
        self.metres: dict[int, float] = {}
        self.before: dict[int, _Edge] = {}
        self._from: dict[int, int] = {}
        self.valid_since = -math.inf
        self.valid_until = math.inf
        self._map = walking_map
        self._speed = speed
        self._depart = depart.timestamp()
        self._closed_paths = {frozenset(ends) for ends in closed_paths}
        self._closed_places = frozenset(closed_places)
        self._has_closures = bool(closed_paths or closed_places)

    def discover_vertex(self, v: int, score: float) -> None:
        before = self.before.get(v)  # the score counts crowded paths several times
        self.metres[v] = 0.0 if before is None else self.metres[self._from[v]] + before.metres

    def examine_edge(self, edge: tuple[int, int, _Edge]) -> None:
        path = edge[2]
        if self._has_closures and self._is_closed(path):
            raise PruneSearch
        if path.is_timed and not self._is_open(path, self.metres[edge[0]]):
            raise PruneSearch

    def edge_relaxed(self, edge: tuple[int, int, _Edge]) -> None:
        self._from[edge[1]], self.before[edge[1]] = edge[0], edge[2]

    def _is_closed(self, edge: _Edge) -> bool:
        if self._closed_paths and frozenset((edge.path.start, edge.path.end)) in self._closed_paths:
            return True
        if not self._closed_places:
            return False
        if edge.path.kind == GATE and self._shuts(edge.start_place, ENTRANCE) | self._shuts(edge.end_place, ENTRANCE):
            return True
        return self._shuts(edge.start_place, EXIT) and edge.start in self.before

    def _shuts(self, place: Place, kind: str) -> bool:
        return place.kind == kind and place.id in self._closed_places

    def _is_open(self, edge: _Edge, walked: float) -> bool:
        begin = self._depart + walked / self._speed
        end = begin + edge.path.metres / self._speed
        hours = edge.path.hours
        if hours is not None and not hours.all_day and not self._within(hours, begin, end):
            return False
        entry = edge.start_place.hours if edge.is_entry else None
        return entry is None or entry.all_day or self._within(entry, begin, begin)

    def _within(self, hours: Hours, begin: float, end: float) -> bool:
        """Return True if a crossing fits into the hours, and note for which other departures the answer is the same."""
        for opens, closes in self._map.open_intervals(hours, begin):
            if end > closes + _ROUNDING:
                self._holds_since(end - closes)
                continue
            if begin < opens:
                self._holds_until(opens - begin)
                return False
            self._holds_since(begin - opens)
            self._holds_until(closes - end)
            return True
        return False

    def _holds_since(self, seconds: float) -> None:
        self.valid_since = max(self.valid_since, self._depart - seconds)

    def _holds_until(self, seconds: float) -> None:
        self.valid_until = min(self.valid_until, self._depart + seconds)
