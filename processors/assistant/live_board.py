"""Live state made of results as they come: waits of queues, people in zones, sets of the programme, closed paths.

Queues whose ids are places of the map, and zones that hold a place of it, are known to attendees; others are not shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from processors.festival.closures import Closures
from processors.festival.live_state import LiveState, QueueTime, ZoneOccupancy
from processors.festival.walk_search import PathEnds
from processors.festival.zone_people import ZonePeople
from schemas.crowd import CrowdCount
from schemas.ids import PlaceId, ZoneId
from schemas.programme import ProgrammeSet
from schemas.queues import QueueWait
from schemas.routes import PathState

MAX_AGE = timedelta(minutes=15)
"""Age from which a result is not known any more."""


class LiveBoard:
    """Latest results of each place.

    Args:
        places: ids of the map.
        capacities: capacity by zone, where it is known.
        zone_places: places of the map in each zone; the one with its id if left out.
        in_parts: zones of which cameras see different parts.

    >>> from datetime import UTC
    >>> at = datetime(2027, 7, 10, 20, tzinfo=UTC)
    >>> board = LiveBoard({"bar_marea"}, {})
    >>> board.add_wait(QueueWait(event_id="f", queue="bar_marea", time=at, persons=9, wait_minutes=4.2))
    >>> board.state(at).bar_queues[0].minutes, board.state(at + timedelta(hours=1)).bar_queues
    (4, ())
    """

    def __init__(
        self,
        places: Collection[str],
        capacities: Mapping[str, int],
        zone_places: Mapping[ZoneId, Sequence[PlaceId]] | None = None,
        in_parts: Collection[ZoneId] = (),
    ) -> None:
        self._places = frozenset(places)
        if zone_places is None:
            zone_places = {ZoneId(zone): (PlaceId(zone),) for zone in capacities if zone in self._places}
        self._zone_places = zone_places
        self._zone_people = ZonePeople(in_parts)
        self._capacities = {
            place: capacities[zone] for zone, held in zone_places.items() if zone in capacities for place in held
        }
        self._waits: dict[str, tuple[datetime, float]] = {}
        self._people: dict[PlaceId, tuple[datetime, float]] = {}
        self._sets: dict[str, ProgrammeSet] = {}
        self._closures = Closures()

    def add_wait(self, wait: QueueWait) -> None:
        """Add the waiting time of a queue; one that is not known is forgotten."""
        if wait.queue not in self._places:
            return
        if wait.wait_minutes is None:
            self._waits.pop(wait.queue, None)
        else:
            self._waits[wait.queue] = (wait.time, wait.wait_minutes)

    def add_count(self, count: CrowdCount) -> None:
        """Add the people of the zones of one picture."""
        self._zone_people.add(count)
        for zone in count.zones:
            persons = self._zone_people.persons(zone.zone, count.time)
            for place in self._zone_places.get(zone.zone, ()):
                if persons is not None and place in self._capacities:
                    self._people[place] = (count.time, persons)

    def add_set(self, one: ProgrammeSet) -> None:
        """Add the last state of a set, which replaces that of the programme's table."""
        self._sets[one.id] = one

    def add_path_state(self, state: PathState) -> None:
        """Add the last state of a path."""
        self._closures.add(state)

    @property
    def closed_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are closed."""
        return self._closures.closed_paths

    @property
    def crowded_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are crowded."""
        return self._closures.crowded_paths

    def programme(self, sets: Iterable[ProgrammeSet]) -> tuple[ProgrammeSet, ...]:
        """Return the sets of a table with what has changed since."""
        merged = {one.id: one for one in sets} | self._sets
        return tuple(sorted(merged.values(), key=lambda one: (one.begin, one.stage)))

    def state(self, now: datetime) -> LiveState:
        """Return what is known at a time; it is true at that time only."""
        return LiveState(
            as_of=now,
            valid_minutes=0,
            bar_queues=tuple(
                QueueTime(PlaceId(place), round(minutes))
                for place, (at, minutes) in self._waits.items()
                if _recent(at, now)
            ),
            zones=tuple(
                ZoneOccupancy(place, round(persons), self._capacities[place])
                for place, (at, persons) in self._people.items()
                if _recent(at, now)
            ),
        )


def _recent(at: datetime, now: datetime) -> bool:
    return now - MAX_AGE <= at <= now + MAX_AGE
