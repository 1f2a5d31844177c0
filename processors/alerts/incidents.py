"""Incidents: alerts that belong together, because they warn of people in danger at one place and time.

An alert joins an incident if all of this holds; otherwise it begins one of its own:

1. its rule warns of what people do or suffer (`AlertRule.joins_incidents`): the crowd, fights, urgent mails, queues at
   gates. Stock, sound, cameras and forecasts of bars never join;
2. it is in a zone of the incident's **first** alert, or in one beside it on the plan. As the first counts, an incident
   does not creep over the ground from neighbour to neighbour;
3. it is raised at most `incident_minutes` after the incident's newest alert.

Where two incidents qualify, one in the same zone is preferred, then the one whose newest alert is the latest. The rule
is greedy and depends on the order of the alerts only; time is that of the alerts. It joins rows, never alerts: each has
its own life cycle, audience and notifications.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NewType

from msgspec import Struct

from processors.alerts.places import PlaceFinder
from processors.alerts.rule import AlertRule
from schemas.alerts import Alert
from schemas.control_room import CONTROL_ROOM
from schemas.ids import AlertId, ZoneId
from schemas.venue import Venue

IncidentId = NewType("IncidentId", str)

Nearness = Literal["first", "same", "near"]
"""Reason for being in an incident: its first alert, in the same zone as that, or in a zone beside it."""

MAX_ALERTS = 5_000
"""Alerts whose incident is remembered; more than are open at once and raised in an evening."""

MAX_RECENT = 200
"""Incidents that an alert may join, the last that began: by number, not by age, as alerts may come late."""


class Membership(Struct, frozen=True, kw_only=True):
    """An alert's place in an incident.

    Attributes:
        id: of the incident; a digest, since its first alert may not be for everybody who sees this one.
        why: how it belongs there.
        zones: its own zones.
    """

    id: IncidentId
    why: Nearness
    zones: tuple[ZoneId, ...] = ()


class _Incident(Struct):
    id: IncidentId
    zones: frozenset[ZoneId]
    newest: datetime
    members: list[AlertId]


class IncidentBook:
    """Greedy grouping of alerts by place and time, in the order in which they are added."""

    def __init__(self, venue: Venue, rules: Mapping[str, AlertRule[Any]]) -> None:
        self._places = PlaceFinder(venue)
        self._rules = rules
        self._within = timedelta(minutes=venue.section(CONTROL_ROOM).incident_minutes)
        self._memberships: OrderedDict[AlertId, Membership] = OrderedDict()
        self._recent: list[_Incident] = []
        self._members: OrderedDict[IncidentId, list[AlertId]] = OrderedDict()

    def add(self, alert: Alert) -> Membership | None:
        """Return the incident that an alert belongs to, joining it where it is new; None where its rule joins none."""
        known = self._memberships.get(alert.id)
        if known is not None:
            return known
        rule = self._rules.get(alert.rule)
        if rule is None or not rule.joins_incidents:
            return None
        zones = self._places.zones_of(alert, has_subject=rule.readable_subject)
        incident = self._find(zones, alert.raised_at) if zones else None
        if incident is None:
            incident = self._begin(alert, zones)
            why: Nearness = "first"
        else:
            why = "same" if zones & incident.zones else "near"
            incident.newest = max(incident.newest, alert.raised_at)
            incident.members.append(alert.id)
        return self._remember(alert.id, Membership(id=incident.id, why=why, zones=tuple(sorted(zones))))

    def members(self, incident: IncidentId) -> tuple[AlertId, ...]:
        """Return the alerts of an incident in the order in which they joined it."""
        return tuple(self._members.get(incident, ()))

    def _find(self, zones: frozenset[ZoneId], raised_at: datetime) -> _Incident | None:
        candidates = [
            one
            for one in self._recent
            if self._places.are_near(zones, one.zones) and abs(raised_at - one.newest) <= self._within
        ]
        return max(candidates, key=lambda one: (bool(zones & one.zones), one.newest), default=None)

    def _begin(self, alert: Alert, zones: frozenset[ZoneId]) -> _Incident:
        id = IncidentId(hashlib.sha256(alert.id.encode()).hexdigest()[:16])
        incident = _Incident(id, zones, alert.raised_at, [alert.id])
        self._recent = [*self._recent[1 - MAX_RECENT :], incident]
        self._members[id] = incident.members
        while len(self._members) > MAX_ALERTS:
            self._members.popitem(last=False)
        return incident

    def _remember(self, alert: AlertId, membership: Membership) -> Membership:
        self._memberships[alert] = membership
        while len(self._memberships) > MAX_ALERTS:
            self._memberships.popitem(last=False)
        return membership
