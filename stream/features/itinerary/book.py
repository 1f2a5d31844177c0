"""Wishes and plans of all attendees, and what they depend on: programme, closures, attendance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from processors.festival.closures import Closures
from processors.festival.routing import WalkingMap
from processors.festival.sections import places_of_zones, sets_of
from processors.festival.zone_people import ZonePeople, zones_seen_in_parts
from processors.itinerary.plan import plan
from processors.itinerary.prices import ExpectedAttendance
from processors.itinerary.walks import WalkTables
from schemas.crowd import CROWD, CrowdCount
from schemas.ids import ListenerId, PlaceId, SetId
from schemas.itinerary import PLANS, WISHES, ItineraryPlan, ItineraryWishes
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.routes import PATH_STATES, PATHS, PathState
from schemas.venue import Venue
from stream.runtime.record import try_decode_payload

FORGET_AFTER = timedelta(hours=6)
"""Time after the end of a visit at which its wishes and plans are dropped from memory."""


MAX_OFFERS = 8
"""Alternatives kept of one attendee, the newest: each stands until they accept one or ask anew."""

FORGET_INTERVAL = timedelta(hours=1)
"""Event time between two looks for visits that have ended."""


@dataclass(slots=True)
class Visitor:
    """Wishes of one attendee, their plan, and the alternatives that they were offered."""

    wishes: ItineraryWishes
    plan: ItineraryPlan | None = None
    offers: dict[str, ItineraryPlan] = field(default_factory=dict)


class ItineraryBook:
    """State of the planner in memory, fed by broadcast topics; nothing of it is stored elsewhere."""

    def __init__(self, venue: Venue) -> None:
        paths = venue.section(PATHS)
        self._map = WalkingMap(paths.places, paths.paths, ZoneInfo(venue.timezone))
        self._sets: dict[SetId, ProgrammeSet] = {one.id: one for one in sets_of(venue.section(PROGRAMME))}
        self._closures = Closures()
        self._walk_tables = self._quiet_tables = WalkTables(self._map)
        self._zone_places = places_of_zones(venue, frozenset(self._map.places))
        self._people = ZonePeople(zones_seen_in_parts(venue))
        capacities = {zone.id: float(zone.capacity) for zone in venue.zones}
        self._attendance = ExpectedAttendance({
            place: capacities[zone] for zone, places in self._zone_places.items() for place in places
        })  # fmt: skip
        self._visitors: dict[ListenerId, Visitor] = {}
        self._forgot_at: datetime | None = None
        self._wishes_decoder = msgspec.json.Decoder(ItineraryWishes)
        self._plan_decoder = msgspec.json.Decoder(ItineraryPlan)
        self._set_decoder = msgspec.json.Decoder(ProgrammeSet)
        self._state_decoder = msgspec.json.Decoder(PathState)
        self._crowd_decoder = msgspec.json.Decoder(CrowdCount)

    @property
    def places(self) -> dict[PlaceId, object]:
        """Return the places of the map."""
        return dict(self._map.places)

    @property
    def closures(self) -> Closures:
        """Return which paths are closed."""
        return self._closures

    def visitors(self) -> Iterator[Visitor]:
        """Yield the attendees that have a plan."""
        return (visitor for visitor in list(self._visitors.values()) if visitor.plan is not None)

    def visitor(self, name: ListenerId) -> Visitor | None:
        """Return an attendee by the pseudonym."""
        return self._visitors.get(name)

    def plan(self, wishes: ItineraryWishes, now: datetime) -> ItineraryPlan:
        """Return the best plan; who wants to be led around crowds sees prices, and nothing that will be full.

        Raises:
            KeyError: a place isn't on the map.
        """
        programme = [one for one in self._sets.values() if one.day == wishes.day]
        prices: dict[SetId, float] = {}
        # An attendee's own plan must not raise the price of what they plan.
        planned = self._visitors.get(wishes.visitor)
        if planned is not None and planned.plan is not None:
            self._attendance.set_plan(wishes.visitor, ())
        persons = 1 + len(wishes.friends)
        full_sets = self._attendance.full_sets(programme, now, measured_only=not wishes.follows, persons=persons)
        if wishes.follows:
            prices = self._attendance.prices(programme, now, persons=persons)
        full_places = self._attendance.full_places(now, persons=persons)
        find = partial(plan, wishes, programme, prices=prices, now=now, full_sets=full_sets, full_places=full_places)
        found = find(walk_tables=self._quiet_tables)
        if self._quiet_tables is not self._walk_tables and not found.is_feasible:
            # Around the crowd, not everything fits: through it, more may.
            through = find(walk_tables=self._walk_tables)
            found = max(found, through, key=lambda one: (one.reachable, one.breaks, one.must_sees))
        if planned is not None and planned.plan is not None:
            self._set_planned(planned.plan)
        return found

    # Records of broadcast topics.

    def add_wishes(self, value: bytes | None) -> None:
        """Add wishes; ignores what can't be decoded."""
        wishes = try_decode_payload(self._wishes_decoder, value, WISHES.event_type)
        if wishes is not None:
            self.set_wishes(wishes)

    def set_wishes(self, wishes: ItineraryWishes) -> None:
        """Set the wishes of an attendee, or forget the attendee."""
        if wishes.forget:
            self._visitors.pop(wishes.visitor, None)
            self._attendance.set_plan(wishes.visitor, ())
            return
        known = self._visitors.get(wishes.visitor)
        if known is None:
            self._visitors[wishes.visitor] = Visitor(wishes)
        else:
            known.wishes = wishes

    def add_plan(self, value: bytes | None) -> None:
        """Add a plan or an offer; ignores what can't be decoded, and plans of those who are forgotten."""
        found = try_decode_payload(self._plan_decoder, value, PLANS.event_type)
        if found is not None:
            self.set_plan(found)
            self.forget_ended(found.time)

    def set_plan(self, found: ItineraryPlan) -> None:
        """Set the plan of an attendee, or add an offer."""
        visitor = self._visitors.get(found.visitor)
        if visitor is None:
            return
        if found.offer:
            visitor.offers[found.event_id] = found
            while len(visitor.offers) > MAX_OFFERS:
                del visitor.offers[next(iter(visitor.offers))]
            return
        visitor.plan = found
        visitor.offers.clear()
        self._set_planned(found)

    def add_set(self, value: bytes | None) -> None:
        """Add the state of a set; ignores what can't be decoded."""
        one = try_decode_payload(self._set_decoder, value, PROGRAMME_SETS.event_type)
        if one is not None:
            self.set_set(one)

    def set_set(self, one: ProgrammeSet) -> None:
        """Set the state of a set of the programme."""
        self._sets[one.id] = one

    def add_path_state(self, value: bytes | None) -> None:
        """Add the state of a path; ignores what can't be decoded."""
        state = try_decode_payload(self._state_decoder, value, PATH_STATES.event_type)
        if state is not None:
            self.set_path_state(state)

    def set_path_state(self, state: PathState) -> None:
        """Set the state of a path; where it changes walks, they are computed anew."""
        if self._closures.add(state):
            closed, crowded = self._closures.closed_paths, self._closures.crowded_paths
            self._walk_tables = self._quiet_tables = WalkTables(self._map, closed_paths=closed)
            if crowded:
                self._quiet_tables = WalkTables(self._map, closed_paths=closed, crowded_paths=crowded)

    def add_crowd(self, value: bytes | None) -> None:
        """Add the occupancy of zones to the places in them; ignores what can't be decoded."""
        count = try_decode_payload(self._crowd_decoder, value, CROWD.event_type)
        if count is None:
            return
        self._people.add(count)
        for zone in count.zones:
            persons = self._people.persons(zone.zone, count.time)
            if persons is not None:
                for place in self._zone_places.get(zone.zone, ()):
                    self._attendance.set_occupancy(place, count.time, persons)

    def forget_ended(self, now: datetime) -> None:
        """Drop the attendees whose visit has ended; at most once an hour of event time."""
        if self._forgot_at is not None and now - self._forgot_at < FORGET_INTERVAL:
            return
        self._forgot_at = now
        for name in [name for name, one in self._visitors.items() if one.wishes.end + FORGET_AFTER < now]:
            del self._visitors[name]
            self._attendance.set_plan(name, ())

    def _set_planned(self, found: ItineraryPlan) -> None:
        sets = [stop.set for stop in found.stops if stop.set is not None]
        self._attendance.set_plan(found.visitor, sets, max(1, len(found.members)))
