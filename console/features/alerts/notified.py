"""Notifications of the open alerts: the person, target and outcome of each, and who will be next, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec
from fastapi import APIRouter, Response

from console.authentication import CurrentUser
from console.requests import redis_required
from console.services import Services
from processors.alerts.notifications import Reason, is_still_needed
from schemas.alerts import Alert
from schemas.ids import AlertId
from stream.stores.alert_store import OPEN
from stream.stores.notification_queue import Delivery, NotificationQueue, PendingNotification

router = APIRouter()


class NextNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that will be sent, unless the alert is acknowledged or ends before.

    Attributes:
        attempts: attempts so far, all of which failed.
    """

    contact: str
    reason: Reason
    due: datetime
    attempts: int = 0


class NotifiedPeople(msgspec.Struct, kw_only=True):
    """Notifications of one alert: those of which the outcome is known, oldest first, and those to come."""

    told: list[Delivery] = []
    next: list[NextNotification] = []


@router.get("/api/notified")
async def notified(user: CurrentUser, services: Services) -> Response:
    """Return the notifications of every open alert that the user may see, by the alert's id."""
    queue = NotificationQueue(services.redis)
    with redis_required():
        rows = await services.redis.hvals(OPEN)
        alerts = [
            alert for alert in (msgspec.json.decode(row, type=Alert) for row in rows) if user.can_see_alert(alert)
        ]
        deliveries = await queue.deliveries(alert.id for alert in alerts)
        pending = await queue.pending()
    found = people_notified(alerts, deliveries, pending)
    return Response(msgspec.json.encode(found), media_type="application/json")


def people_notified(
    alerts: Iterable[Alert], deliveries: dict[AlertId, list[Delivery]], pending: Iterable[PendingNotification]
) -> dict[AlertId, NotifiedPeople]:
    """Return the notifications of open alerts by id; those that nobody needs any more are left out of what comes next.

    Args:
        alerts: open alerts.
        deliveries: known outcomes by alert.
        pending: what waits in the queue, of any alert.
    """
    waiting: dict[AlertId, list[PendingNotification]] = defaultdict(list)
    for one in pending:
        waiting[one.queued.notification.alert.id].append(one)
    return {
        alert.id: NotifiedPeople(
            told=sorted(deliveries.get(alert.id, []), key=lambda one: one.time),
            next=sorted(
                (
                    NextNotification(
                        contact=one.queued.notification.contact, reason=one.queued.notification.reason, due=one.due,
                        attempts=one.queued.attempts,
                    )
                    for one in waiting[alert.id]
                    if is_still_needed(one.queued.notification, alert)
                ),
                key=lambda one: one.due,
            ),
        )
        for alert in alerts
    }  # fmt: skip
