"""Watch of crowded zones: paths through a zone that is crowded for some time are crowded, until it is free for longer.

A zone is crowded from a level of density of its use (`processors.crowd.levels`), and while it is full; two levels
lower and below `FREE_SHARE` of its capacity it is free. In between, and while a camera of it sees nothing, it stays as
it was: a blind camera is no evidence, neither of a crowd nor of its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from processors.festival.closures import Closures
from processors.festival.walk_search import PathEnds
from processors.festival.zone_people import MAX_AGE, people_in_zone, zones_seen_in_parts
from processors.routes.zone_paths import paths_through_zones
from schemas.crowd import CrowdCount, Level, ZoneCount
from schemas.ids import CameraId, ZoneId
from schemas.routes import CROWD_WATCH, PATHS, PathCondition, PathState
from schemas.venue import Venue

RAISE_AFTER = timedelta(seconds=10)
"""Time for which a zone must be crowded: the on-delay of the alert of density."""

CLEAR_AFTER = timedelta(seconds=60)
"""Time for which a zone must be free, so that walks don't change to and fro."""

FULL_SHARE, FREE_SHARE = 1.0, 0.9
"""Shares of the capacity from which a zone is full, and below which it is free again."""

MAX_GAP = timedelta(seconds=30)
"""Time without a count after which a zone's delays begin anew."""

HOLD = timedelta(minutes=10)
"""Time for which a camera that sees nothing any more keeps a zone from being free; then nobody knows of a crowd."""

LEVELS = "ABCDEF"

Evidence = Literal["crowded", "free", "between"]


@dataclass(slots=True)
class _Zone:
    """State of a zone.

    Attributes:
        crowded: None until there was evidence for long enough.
        evidence: what is seen now, and `since` when; `seen` is the time of the last count.
    """

    crowded: bool | None = None
    evidence: Evidence = "between"
    since: datetime | None = None
    seen: datetime | None = None

    def add(self, evidence: Evidence, now: datetime) -> None:
        if evidence != self.evidence or self.since is None or self.seen is None or now - self.seen > MAX_GAP:
            self.evidence, self.since = evidence, now
        self.seen = now
        if evidence == "crowded" and now - self.since >= RAISE_AFTER:
            self.crowded = True
        elif evidence == "free" and now - self.since >= CLEAR_AFTER:
            self.crowded = False


class CrowdWatch:
    """Turns counts of zones into states of the paths through them.

    A camera's counts and the states that were published are its only inputs, so it is the same after a restart.
    """

    def __init__(self, venue: Venue) -> None:
        self.closures = Closures()
        self._from: Level | None = venue.section(PATHS).crowded_from
        self._paths = paths_through_zones(venue) if self._from is not None else {}
        self._in_parts = zones_seen_in_parts(venue)
        self._capacities = {zone.id: float(zone.capacity) for zone in venue.zones}
        self._titles = {zone.id: zone.title or zone.id for zone in venue.zones}
        self._zones = {zone: _Zone() for zone in self._paths}
        self._zones_of: dict[CameraId, tuple[ZoneId, ...]] = {}
        self._cameras: dict[ZoneId, list[CameraId]] = {zone: [] for zone in self._paths}
        for camera in venue.cameras:
            zones = tuple(dict.fromkeys(view.zone for view in camera.views if view.zone in self._paths))
            self._zones_of[camera.id] = zones
            for zone in zones:
                self._cameras[zone].append(camera.id)
        self._counts: dict[CameraId, CrowdCount] = {}
        self._sighted: dict[CameraId, datetime] = {}

    @property
    def is_idle(self) -> bool:
        """Return True if no path leads through a zone."""
        return not self._paths

    def add_count(self, count: CrowdCount) -> None:
        """Add a count; one that came before a later one of its camera is ignored."""
        zones, last = self._zones_of.get(count.camera, ()), self._counts.get(count.camera)
        if not zones or (last is not None and count.time <= last.time):
            return
        self._counts[count.camera] = count
        self._sighted.setdefault(count.camera, count.time)
        if count.blind is None:
            self._sighted[count.camera] = count.time
        for zone in zones:
            evidence = self._evidence(zone, count.time)
            if evidence is not None:
                self._zones[zone].add(evidence, count.time)

    def changes(self, count: CrowdCount) -> Iterator[PathState]:
        """Yield the states to publish of the paths through the zones that a camera sees.

        They are compared with what is published, so that nothing is lost if a worker ends before it could publish.
        """
        for zone in self._zones_of.get(count.camera, ()):
            for start, end in self._paths[zone]:
                wanted = self._wanted((start, end))
                if wanted is not None and wanted != self.closures.watched(start, end):
                    yield PathState(
                        start=start, end=end, time=count.time, state=wanted, by=CROWD_WATCH, note=self._titles[zone]
                    )

    def _wanted(self, ends: PathEnds) -> PathCondition | None:
        """Return the condition of a path: crowded if one of its zones is, open if none is; None if that isn't known."""
        known = [self._zones[zone].crowded for zone, paths in self._paths.items() if ends in paths]
        if any(known):
            return "crowded"
        return "open" if all(one is False for one in known) else None

    def _evidence(self, zone: ZoneId, now: datetime) -> Evidence | None:
        """Return what the cameras of a zone see; None while they are blind, for at most `HOLD`."""
        seen, holding = [], False
        for camera in self._cameras[zone]:
            count, sighted = self._counts.get(camera), self._sighted.get(camera)
            if count is not None and count.blind is None and now - count.time <= MAX_AGE:
                seen += [part for part in count.zones if part.zone == zone]
            elif sighted is not None and now - sighted <= HOLD:
                holding = True
        if not seen:
            return None if holding else "free"
        if self._is_crowded(zone, seen):
            return "crowded"
        return "free" if self._is_free(zone, seen) and not holding else "between"

    def _is_crowded(self, zone: ZoneId, seen: list[ZoneCount]) -> bool:
        return _worst(seen) >= LEVELS.index(self._from or "F") or self._share(zone, seen) >= FULL_SHARE

    def _is_free(self, zone: ZoneId, seen: list[ZoneCount]) -> bool:
        return _worst(seen) <= LEVELS.index(self._from or "F") - 2 and self._share(zone, seen) < FREE_SHARE

    def _share(self, zone: ZoneId, seen: list[ZoneCount]) -> float:
        persons = people_in_zone([part.persons for part in seen], in_parts=zone in self._in_parts) or 0.0
        return persons / self._capacities[zone]


def _worst(seen: list[ZoneCount]) -> int:
    """Return the position of the worst level in `LEVELS`; -1 where no level is known."""
    return max((LEVELS.index(part.level_of_service) for part in seen if part.level_of_service is not None), default=-1)
