"""Lengths of the shortest walks between places, as step functions of the minute of departure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from processors.festival.hours import DAY_BEGINS
from processors.festival.routing import Route, WalkingMap, walking_minutes
from processors.festival.walk_search import PathEnds, Reach
from schemas.ids import PlaceId
from schemas.venue_map import Mobility

FIRST_MINUTE, LAST_MINUTE = -1440.0, 4320.0
"""Bounds of the minutes of a festival day, with the day before and the days after it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk that leaves at a minute of the festival day."""

    depart: int
    metres: float
    minutes: int

    @property
    def arrive(self) -> int:
        """Return the minute of arrival."""
        return self.depart + self.minutes


@dataclass(frozen=True, slots=True)
class _Piece:
    """Shortest walks from a place that hold for departures from one minute to another, both inclusive."""

    first: int
    last: int
    reach: Reach


class DayWalks:
    """Walks of one festival day for one mobility; computed when they are first needed."""

    def __init__(
        self,
        walking_map: WalkingMap,
        mobility: Mobility,
        day: date,
        *,
        closed_paths: Collection[PathEnds] = (),
        closed_places: Collection[PlaceId] = (),
        crowded_paths: Collection[PathEnds] = (),
    ) -> None:
        self.map = walking_map
        self.mobility: Mobility = mobility
        self.begin = datetime.combine(day, DAY_BEGINS, walking_map.zone)
        self._zero = self.begin.timestamp()
        self._closed_paths = frozenset(closed_paths)
        self._closed_places = frozenset(closed_places)
        self._crowded_paths = frozenset(crowded_paths)
        self._crowded = {frozenset(ends) for ends in crowded_paths}
        self._ever = walking_map.shortest_ever(mobility, closed_paths=closed_paths)
        self._minutes: dict[float, int] = {}
        self._pieces: dict[PlaceId, list[_Piece]] = {}

    def minute_of(self, moment: datetime) -> float:
        """Return the minute of the festival day of a moment."""
        return (moment.timestamp() - self._zero) / 60

    def moment_of(self, minute: int) -> datetime:
        """Return the moment of a minute of the festival day, in the map's zone."""
        return datetime.fromtimestamp(self._zero + 60 * minute, self.map.zone)

    def least_metres(self, start: PlaceId, end: PlaceId) -> float:
        """Return the length of the walk if every path were open, a lower bound; infinite if there is never a way."""
        return self._ever.metres(start, end)

    def least_minutes(self, start: PlaceId, end: PlaceId) -> float:
        """Return the duration of the walk if every path were open, in whole minutes; infinite if there is no way."""
        metres = self._ever.metres(start, end)
        return metres if math.isinf(metres) else self.minutes(metres)

    def at(self, start: PlaceId, end: PlaceId, minute: int) -> Walk | None:
        """Return the shortest walk that leaves at a minute; None if there is no way."""
        least = self._ever.metres(start, end)
        if math.isinf(least):
            return None
        if self._takes_shortest(start, end, minute):
            return Walk(minute, least, self.minutes(least))
        metres = self._piece(start, minute).reach.metres.get(end)
        return None if metres is None else Walk(minute, metres, self.minutes(metres))

    def minutes(self, metres: float) -> int:
        """Return the duration of a walk in whole minutes."""
        minutes = self._minutes.get(metres)
        if minutes is None:
            minutes = self._minutes[metres] = walking_minutes(metres, self.map.speeds[self.mobility])
        return minutes

    def options(self, start: PlaceId, end: PlaceId, minute: int, latest: int) -> list[Walk]:
        """Return the walk that leaves at a minute, and those that leave later, up to a limit, and are shorter."""
        least = self._ever.metres(start, end)
        if math.isinf(least):
            return []
        found: list[Walk] = []
        shortest = math.inf
        while minute <= latest:
            if self._takes_shortest(start, end, minute):
                found.append(Walk(minute, least, self.minutes(least)))
                break
            piece = self._piece(start, minute)
            metres = piece.reach.metres.get(end, math.inf)
            if metres < shortest:
                shortest = metres
                found.append(Walk(minute, metres, self.minutes(metres)))
            minute = piece.last + 1
        return found

    def route(self, start: PlaceId, end: PlaceId, minute: int) -> Route | None:
        """Return the walk that leaves at a minute, with all that lies on its way."""
        depart = self.moment_of(minute)
        is_free = not self._closed_places and not self._leads_through_crowd(start, end)
        if is_free and not math.isinf(self._ever.metres(start, end)):
            route = self.map.route_if_open(self._ever, start, end, self.mobility, depart)
            if route is not None:
                return route
        reach = self._piece(start, minute).reach
        return self.map.route_of(reach, start, end, self.mobility, depart)

    def _takes_shortest(self, start: PlaceId, end: PlaceId, minute: int) -> bool:
        """Return True if the shortest walk of all is open for a departure."""
        if self._closed_places or self._leads_through_crowd(start, end):
            return False
        timed = self._ever.timed(start, end)
        return not timed or self.map.is_open_on(timed, self.mobility, self._zero + 60 * minute)

    def _leads_through_crowd(self, start: PlaceId, end: PlaceId) -> bool:
        """Return True if the shortest walk of all has a crowded path."""
        return bool(self._crowded) and any(
            frozenset((path.start, path.end)) in self._crowded for path in self._ever.paths(start, end)
        )

    def _piece(self, start: PlaceId, minute: int) -> _Piece:
        pieces = self._pieces.get(start)
        if pieces is None:
            pieces = self._pieces[start] = []
        index = bisect_right(pieces, minute, key=_first) - 1
        if index >= 0 and minute <= pieces[index].last:
            return pieces[index]
        piece = self._computed(start, minute)
        pieces.insert(index + 1, piece)
        return piece

    def _computed(self, start: PlaceId, minute: int) -> _Piece:
        reach = self.map.reach(
            start,
            self.mobility,
            datetime.fromtimestamp(self._zero + 60 * minute, self.map.zone),
            closed_paths=self._closed_paths,
            closed_places=self._closed_places,
            crowded_paths=self._crowded_paths,
        )
        first = max(FIRST_MINUTE, (reach.valid_since - self._zero) / 60)
        last = min(LAST_MINUTE, (reach.valid_until - self._zero) / 60)
        return _Piece(
            first=min(minute, math.floor(first) + 1),
            last=max(minute, math.ceil(last) - 1),
            reach=reach,
        )


def _first(piece: _Piece) -> int:
    return piece.first


MAX_TABLES = 64
"""Tables of walks that are kept, the newest: those of all mobilities on a week's days."""


class WalkTables:
    """Walks of a map by mobility and day, computed when they are first needed and kept for the plans to come.

    Args:
        closed_paths: paths that nobody may use now.
        closed_places: places that an operator closed.
        crowded_paths: paths that walks lead around.
    """

    def __init__(
        self,
        walking_map: WalkingMap,
        *,
        closed_paths: Collection[PathEnds] = (),
        closed_places: Collection[PlaceId] = (),
        crowded_paths: Collection[PathEnds] = (),
    ) -> None:
        self.map = walking_map
        self.closed_paths = frozenset(closed_paths)
        self.closed_places = frozenset(closed_places)
        self.crowded_paths = frozenset(crowded_paths)
        self._tables: dict[tuple[Mobility, Mobility, date], DayWalks] = {}

    def of(self, mobility: Mobility, day: date, pace: Mobility | None = None) -> DayWalks:
        """Return the walks of a mobility on a festival day.

        Args:
            pace: mobility of somebody who goes along, and who may be slower.
        """
        key = mobility, pace or mobility, day
        table = self._tables.get(key)
        if table is None:
            while len(self._tables) >= MAX_TABLES:
                del self._tables[next(iter(self._tables))]
            table = self._tables[key] = DayWalks(
                self.map if pace is None else self.map.slowed(pace),
                mobility,
                day,
                closed_paths=self.closed_paths,
                closed_places=self.closed_places,
                crowded_paths=self.crowded_paths,
            )
        return table
