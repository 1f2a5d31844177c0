"""People of zones and of the venue over a day, and the times for which cameras were blind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from processors.festival.zone_people import people_in_zone, zones_seen_in_parts
from processors.report.day import BlindFigures, DayBounds, PlaceFigures, Point
from schemas.attendance import VENUE, VenueOccupancy
from schemas.crowd import CrowdCount
from schemas.sources import SourceState
from schemas.venue import Venue

BIN = timedelta(seconds=10)
"""Counts are kept as the highest of ten seconds, so that a day has 8,640 of each camera and zone at most."""

CURVE = timedelta(minutes=5)
"""Distance of the points of a curve."""

SILENT = "silent"
"""Stands among the faults for a camera that sent no pictures."""

CAMERA = "camera"


class PeopleOfDay:
    """Highest counts of each ten seconds, by zone and camera, and of the whole venue."""

    def __init__(self, venue: Venue, bounds: DayBounds) -> None:
        self._venue = venue
        self._bounds = bounds
        self._zones: dict[str, dict[int, dict[str, float]]] = {zone.id: defaultdict(dict) for zone in venue.zones}
        self._total: dict[int, float] = {}

    def add_count(self, count: CrowdCount) -> None:
        """Add what a camera counted; the pictures of a blind camera count nobody and are left out."""
        if count.blind is not None or count.time not in self._bounds:
            return
        at = self._bin(count.time)
        for part in count.zones:
            if part.zone in self._zones:
                cameras = self._zones[part.zone][at]
                cameras[count.camera] = max(part.persons, cameras.get(count.camera, 0.0))

    def add_occupancy(self, occupancy: VenueOccupancy) -> None:
        """Add the number of people in the venue."""
        if occupancy.time in self._bounds:
            at = self._bin(occupancy.time)
            self._total[at] = max(occupancy.persons, self._total.get(at, 0.0))

    def figures(self) -> tuple[PlaceFigures, ...]:
        """Return the venue, then each zone in the order of the venue file."""
        in_parts = zones_seen_in_parts(self._venue)
        places = [self._place(VENUE, self._venue.name, self._venue.capacity, self._total)]
        for zone in self._venue.zones:
            persons = {
                at: people_in_zone(list(cameras.values()), in_parts=zone.id in in_parts) or 0.0
                for at, cameras in self._zones[zone.id].items()
            }
            places.append(self._place(zone.id, zone.title or zone.id, zone.capacity, persons))
        return tuple(places)

    def _bin(self, time: datetime) -> int:
        return int((time - self._bounds.begin) / BIN)

    def _place(self, zone: str, title: str, limit: int | None, persons: Mapping[int, float]) -> PlaceFigures:
        bins = sorted(persons)
        highest = max(bins, key=lambda at: (persons[at], -at), default=None)
        above = sum(limit is not None and persons[at] > limit for at in bins)
        curve: dict[int, float] = {}
        for at in bins:
            step = at * BIN // CURVE
            curve[step] = max(persons[at], curve.get(step, 0.0))
        return PlaceFigures(
            zone=zone,
            title=title,
            limit=limit,
            peak=None if highest is None else Point(self._bounds.begin + highest * BIN, persons[highest]),
            above_seconds=above * BIN.total_seconds(),
            curve=tuple(Point(self._bounds.begin + step * CURVE, value) for step, value in curve.items()),
        )


class BlindCameras:
    """Times for which cameras had a fault or sent nothing. Records of one camera come in the order of their time."""

    def __init__(self, bounds: DayBounds) -> None:
        self._bounds = bounds
        self._open: dict[tuple[str, bool], tuple[str, datetime]] = {}
        self._last: dict[tuple[str, bool], datetime] = {}
        self._found: list[BlindFigures] = []

    def add_count(self, count: CrowdCount) -> None:
        """Add the state of a camera's picture."""
        self._add(count.camera, count.time, count.blind, count.time, silence=False)

    def add_source(self, state: SourceState) -> None:
        """Add the state of a camera as a source."""
        if state.kind == CAMERA:
            silent = state.silent and state.watched
            self._add(state.name, state.time, SILENT if silent else None, state.since, silence=True)

    def figures(self, until: datetime) -> tuple[BlindFigures, ...]:
        """Return all times, in order; what is still going on is counted up to `until`, or the end of the day."""
        end = min(until, self._bounds.end)
        still = [self._span(name, fault, begin, end, still=True) for (name, _), (fault, begin) in self._open.items()]
        found = [one for one in (*self._found, *still) if one.seconds > 0]
        return tuple(sorted(found, key=lambda one: (one.begin, one.camera)))

    def _add(self, camera: str, time: datetime, fault: str | None, begin: datetime, *, silence: bool) -> None:
        key = (camera, silence)
        if time not in self._bounds or time < self._last.get(key, time):
            return  # repeated, or of another day
        self._last[key] = time
        current = self._open.get(key)
        if current is not None and current[0] != fault:
            del self._open[key]
            self._found.append(self._span(camera, *current, time, still=False))
        if fault is not None and key not in self._open:
            self._open[key] = (fault, max(begin, self._bounds.begin))

    @staticmethod
    def _span(camera: str, fault: str, begin: datetime, end: datetime, *, still: bool) -> BlindFigures:
        return BlindFigures(camera, fault, begin, (end - begin).total_seconds(), still)


def empty_hours(bounds: DayBounds, times: Iterable[datetime], until: datetime) -> tuple[datetime, ...]:
    """Return the beginnings of the whole hours of a day, up to `until`, in which no time lies."""
    hour = timedelta(hours=1)
    filled = {(time - bounds.begin) // hour for time in times if time in bounds}
    number = (min(until, bounds.end) - bounds.begin) // hour
    return tuple(bounds.begin + at * hour for at in range(number) if at not in filled)
