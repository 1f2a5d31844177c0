"""Timeline of an incident: every step and notification of the alerts that were joined."""

from __future__ import annotations

from collections import defaultdict

import msgspec
from fastapi import APIRouter, Response

from console.authentication import CurrentUser
from console.features.alerts.alert_feed import AlertFeed
from console.features.alerts.alert_history import newest_first
from console.requests import redis_required
from console.services import Services
from processors.alerts.incidents import IncidentId
from schemas.alerts import Alert
from schemas.ids import AlertId
from stream.stores.notification_queue import Delivery, NotificationQueue

router = APIRouter()


class IncidentAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of an incident: its steps, oldest first, and who was notified."""

    id: AlertId
    steps: list[Alert]
    told: list[Delivery]


@router.get("/api/incident")
async def incident(user: CurrentUser, services: Services, id: str) -> Response:
    """Return the alerts of an incident that the user may see, also those that have ended, in order of joining."""
    members = services.part(AlertFeed).incidents.members(IncidentId(id))
    steps: dict[AlertId, list[Alert]] = defaultdict(list)
    deliveries: dict[AlertId, list[Delivery]] = {}
    if members:
        with redis_required():
            async for _, step in newest_first(services.redis, user, only=members):
                steps[step.id].append(step)
            deliveries = await NotificationQueue(services.redis).deliveries(steps)
    found = [
        IncidentAlert(
            id=alert,
            steps=sorted(steps[alert], key=lambda step: step.version),
            told=sorted(deliveries.get(alert, []), key=lambda one: one.time),
        )
        for alert in members
        if alert in steps
    ]
    return Response(msgspec.json.encode(found), media_type="application/json")
