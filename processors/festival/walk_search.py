"""Shortest walks over a graph of paths (rustworkx): from one place at a moment, or between all if all were open."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import rustworkx as rx
from rustworkx.visit import DijkstraVisitor, PruneSearch

from schemas.ids import PlaceId
from schemas.venue_map import Hours, Path, Place

ENTRANCE = "entrance"
"""Kind of a place whose hours are for coming in."""

GATE = "gate"
"""Kind of a path that leads in from an entrance."""

EXIT = "exit"
"""Kind of a place that can't be walked through while an operator keeps it closed."""

CROWDED_COST = 10.0
"""Length of a crowded path, as a multiple of its own, when walks are compared: longer detours aren't made."""

ROUNDING = 1e-9
"""Seconds or minutes that are rounding errors."""

PathEnds = tuple[PlaceId, PlaceId]
"""Start and end of a path, in either order."""


@dataclass(slots=True)
class Edge:
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
    before: Mapping[PlaceId, Path] = field(repr=False)
    """Last path of the walk to each place."""

    def paths_to(self, end: PlaceId) -> list[Path]:
        """Return the paths of the shortest walk in their order; an empty list at the start or out of reach."""
        paths: list[Path] = []
        while end in self.before:
            path = self.before[end]
            paths.append(path)
            end = path.start if path.end == end else path.end
        return paths[::-1]


class ShortestEver:
    """Shortest walks between all places if every path were open, by Floyd and Warshall's method (rustworkx)."""

    def __init__(self, graph: rx.PyDiGraph[PlaceId, Edge], indices: Mapping[PlaceId, int]) -> None:
        self._graph = graph
        self._indices = indices
        metres, successors = rx.floyd_warshall_successor_and_distance(graph, weight_fn=edge_metres)
        self._metres: list[list[float]] = metres.tolist()
        self._successors: list[list[int]] = successors.tolist()
        self._edges: dict[tuple[PlaceId, PlaceId], list[Edge]] = {}
        self._timed: dict[tuple[PlaceId, PlaceId], list[tuple[float, Edge]]] = {}

    def metres(self, start: PlaceId, end: PlaceId) -> float:
        """Return the length of a walk; infinite if there is no way."""
        return self._metres[self._indices[start]][self._indices[end]]

    def paths(self, start: PlaceId, end: PlaceId) -> list[Path]:
        """Return the paths of a walk in their order."""
        return [edge.path for edge in self._walk(start, end)]

    def timed(self, start: PlaceId, end: PlaceId) -> list[tuple[float, Edge]]:
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

    def _walk(self, start: PlaceId, end: PlaceId) -> list[Edge]:
        edges = self._edges.get((start, end))
        if edges is None:
            edges, at, goal = [], self._indices[start], self._indices[end]
            while at != goal:
                following = self._successors[at][goal]
                edges.append(min(self._graph.get_all_edge_data(at, following), key=edge_metres))
                at = following
            self._edges[start, end] = edges
        return edges


def edge_metres(edge: Edge) -> float:
    """Return the length of a path."""
    return edge.metres


class CrowdedCost:
    """Length of a path, multiplied where it is crowded."""

    def __init__(self, crowded_paths: Collection[PathEnds]) -> None:
        self._crowded = {frozenset(ends) for ends in crowded_paths}

    def __call__(self, edge: Edge) -> float:
        """Return the length of a path that walks are compared by."""
        crowded = frozenset((edge.path.start, edge.path.end)) in self._crowded
        return edge.metres * CROWDED_COST if crowded else edge.metres


class WalkSearch(DijkstraVisitor):
    """Records the shortest walks, and refuses paths that are closed when they would be crossed.

    Args:
        open_intervals: returns when hours are open around a moment, as timestamps in seconds, in order.
        speed: of walking, m/s.
        depart: departure.
        closed_paths: paths that nobody may use, in both directions.
        closed_places: entrances and exits that an operator closed.
    """

    def __init__(
        self,
        open_intervals: Callable[[Hours, float], Sequence[tuple[float, float]]],
        speed: float,
        depart: datetime,
        closed_paths: Collection[PathEnds],
        closed_places: Collection[PlaceId],
    ) -> None:
        self.metres: dict[int, float] = {}
        self.before: dict[int, Edge] = {}
        self.valid_since = -math.inf
        self.valid_until = math.inf
        self._open_intervals = open_intervals
        self._speed = speed
        self._depart = depart.timestamp()
        self._closed_paths = {frozenset(ends) for ends in closed_paths}
        self._closed_places = frozenset(closed_places)
        self._has_closures = bool(closed_paths or closed_places)

    def discover_vertex(self, v: int, score: float) -> None:
        """Note the length of the walk to a place that is reached."""
        self.metres[v] = score

    def examine_edge(self, edge: tuple[int, int, Edge]) -> None:
        """Refuse a path that is closed when it would be crossed."""
        path = edge[2]
        if self._has_closures and self._is_closed(path):
            raise PruneSearch
        if path.is_timed and not self._is_open(path, self.metres[edge[0]]):
            raise PruneSearch

    def edge_relaxed(self, edge: tuple[int, int, Edge]) -> None:
        """Note the path of a shorter walk."""
        self.before[edge[1]] = edge[2]

    def _is_closed(self, edge: Edge) -> bool:
        if self._closed_paths and frozenset((edge.path.start, edge.path.end)) in self._closed_paths:
            return True
        if not self._closed_places:
            return False
        if edge.path.kind == GATE and self._shuts(edge.start_place, ENTRANCE) | self._shuts(edge.end_place, ENTRANCE):
            return True
        return self._shuts(edge.start_place, EXIT) and edge.start in self.before

    def _shuts(self, place: Place, kind: str) -> bool:
        return place.kind == kind and place.id in self._closed_places

    def _is_open(self, edge: Edge, walked: float) -> bool:
        begin = self._depart + walked / self._speed
        end = begin + edge.path.metres / self._speed
        hours = edge.path.hours
        if hours is not None and not hours.all_day and not self._within(hours, begin, end):
            return False
        entry = edge.start_place.hours if edge.is_entry else None
        return entry is None or entry.all_day or self._within(entry, begin, begin)

    def _within(self, hours: Hours, begin: float, end: float) -> bool:
        """Return True if a crossing fits into the hours, and note for which other departures the answer is the same."""
        for opens, closes in self._open_intervals(hours, begin):
            if end > closes + ROUNDING:
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


class CrowdedWalkSearch(WalkSearch):
    """Search whose scores, by `CrowdedCost`, count crowded paths several times."""

    def discover_vertex(self, v: int, score: float) -> None:
        """Note the length of the walk to a place that is reached."""
        before = self.before.get(v)
        self.metres[v] = score if before is None else self.metres[before.start] + before.metres
