"""Notifier: sends notifications of alerts to phones and chats through Apprise, a background task of the alerts worker.

It reads the alert streams in Redis, plans a notification for each contact of the venue file that an alert concerns, and
sends those that are due, to each of the contact's targets by itself: one that fails is retried with growing pauses
while the alert is open, and one that was reached is left alone. Plans and outcomes are kept in Redis, so a restart
neither loses nor repeats a notification.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from apprise import NotifyBase, NotifyFormat
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.alerts.messages import MessageCatalog
from processors.alerts.notifications import (
    Notification,
    NotificationMessage,
    is_still_needed,
    notification_message,
    plan_notifications,
)
from schemas.alerts import AUDIENCES, Alert, Audience
from schemas.venue import Venue
from stream.features.alerts import metrics
from stream.features.alerts.targets import Target, TargetId, targets_by_contact
from stream.runtime.liveness import NOTIFIER_PART, Liveness
from stream.runtime.settings import Settings
from stream.stores import audit
from stream.stores.alert_store import OPEN, STREAM
from stream.stores.notification_queue import Delivery, DeliveryOutcome, NotificationQueue, Outcome, QueuedNotification

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""Interval at which streams and queue are polled, and at which writing an outcome to Redis is retried."""

RETRY_SECONDS = (5.0, 300.0)
"""First and longest pause before a service that failed is retried."""

CLAIM_SECONDS = 60.0
"""Time after which another worker takes over a notification; longer than a service may take."""

SERVICE_SECONDS = 15.0
"""Longest wait at shutdown for services that are sending."""

MAX_SENDING = 8
"""Notifications that are sent at the same time: a service that hangs must not delay the others."""

MAX_STREAM_ENTRIES = 500
"""Entries read from a stream at once."""

STREAM_START = "0-0"
"""Cursor before the first entry of a stream."""


class Notifier:
    """Plans notifications and sends them."""

    def __init__(
        self, settings: Settings, venue: Venue, catalog: MessageCatalog, liveness: Liveness | None = None
    ) -> None:
        self._settings = settings
        self._venue = venue
        self._catalog = catalog
        self._contacts = {contact.id: contact for contact in venue.contacts}
        self._redis = Redis.from_url(settings.redis_url(), socket_timeout=5, socket_connect_timeout=5)
        self._queue = NotificationQueue(self._redis)
        self._targets = targets_by_contact(settings, venue)
        self._liveness = liveness or Liveness()
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Plan and send until cancelled; while Redis can't be reached, wait for it."""
        try:
            await self._plan_and_send()
        finally:
            # An outcome that is not stored would be sent again.
            if self._sending:
                await asyncio.wait(self._sending, timeout=SERVICE_SECONDS)

    async def _plan_and_send(self) -> None:
        while True:
            try:
                for audience in AUDIENCES:
                    await self._plan(audience)
                while len(self._sending) < MAX_SENDING and (queued := await self._claim()) is not None:
                    task = asyncio.create_task(self._send(queued))
                    self._sending.add(task)
                    task.add_done_callback(self._finish)
                self._liveness.report(NOTIFIER_PART)
            except (RedisError, OSError) as error:
                log.warning("notifications wait for Redis: %s", error)
                await asyncio.sleep(RETRY_SECONDS[0])
            await asyncio.sleep(POLL_SECONDS)

    async def _plan(self, audience: Audience) -> None:
        stream = STREAM.format(audience=audience)
        cursor = await self._queue.cursor(audience)
        if cursor is None:
            await self._plan_open_alerts(audience, stream)
            return
        entries: Any = await self._redis.xrange(stream, min=f"({cursor}", count=MAX_STREAM_ENTRIES)
        if not entries:
            return
        planned: list[Notification] = []
        for entry, fields in entries:
            # Entry ids have Redis's clock; due times are compared with this machine's. A notification must not wait
            # until the two agree.
            arrived = min(datetime.fromtimestamp(int(entry.split(b"-")[0]) / 1000, UTC), datetime.now(UTC))
            planned += plan_notifications(msgspec.json.decode(fields[b"alert"], type=Alert), arrived, self._venue)
        await self._queue.plan(audience, cursor, entries[-1][0].decode(), planned)

    async def _plan_open_alerts(self, audience: Audience, stream: str) -> None:
        """Begin at the end of a stream that was never read: only alerts that are open now are notified, once."""
        last: Any = await self._redis.xrevrange(stream, count=1)
        rows: Any = await self._redis.hvals(OPEN)
        now = datetime.now(UTC)
        alerts = [msgspec.json.decode(row, type=Alert) for row in rows]
        planned = [
            notification
            for alert in alerts
            if alert.acknowledged_by is None
            for notification in plan_notifications(replace(alert, state="raised"), now, self._venue)
        ]
        await self._queue.plan(audience, None, last[0][0].decode() if last else STREAM_START, planned)

    async def _claim(self) -> QueuedNotification | None:
        now = datetime.now(UTC)
        return await self._queue.claim(now, now + timedelta(seconds=CLAIM_SECONDS))

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The claim expires, and then the notification is sent again.
            log.warning("the outcome of a notification could not be stored: %s", error)

    async def _send(self, queued: QueuedNotification) -> None:
        notification = queued.notification
        contact = self._contacts.get(notification.contact)
        targets = self._targets.get(notification.contact, {})
        alert = await self._open_alert(notification)
        if contact is None or not targets or alert is None:
            if alert is not None:
                await self._record_delivery(queued, "no-address")
            await self._settle(queued, "dropped")
            return
        target = targets.get(TargetId(queued.target))
        if target is None:
            # Not split yet, or the address was changed since: whoever has it now is notified.
            await self._until_stored(lambda: self._split(queued, targets))
            return
        # Marked blind since it was planned: the notification must say so.
        current = replace(notification, alert=replace(notification.alert, blind_since=alert.blind_since))
        message = notification_message(current, contact, self._venue, self._catalog, self._settings.console_public)
        queued = replace(queued, attempts=queued.attempts + 1)
        if await asyncio.to_thread(_notify, target.service, message):
            await self._settle(queued, "sent")
            await self._record_delivery(queued, "sent")
        else:
            await self._retry_later(queued, target)

    async def _split(self, queued: QueuedNotification, targets: Mapping[TargetId, Target]) -> None:
        await self._queue.split(queued, targets, datetime.now(UTC))

    async def _retry_later(self, queued: QueuedNotification, target: Target) -> None:
        notification = queued.notification
        metrics.NOTIFICATIONS.labels(notification.contact, "failed").inc()
        first, longest = RETRY_SECONDS
        pause = min(longest, first * 2 ** min(queued.attempts - 1, 10))
        log.warning(
            "contact %s was not reached by %s about alert %s; trying again in %.0f s",
            notification.contact,
            target.label,
            notification.alert.id,
            pause,
        )
        await self._until_stored(lambda: self._queue.postpone(queued, datetime.now(UTC) + timedelta(seconds=pause)))
        await self._record_delivery(queued, "failed")
        if queued.attempts == 1:
            await self._record(queued, "failed")

    async def _until_stored(self, write: Callable[[], Awaitable[None]]) -> None:
        """Repeat a write until Redis has it: a notification that was sent without a record would be sent again."""
        while True:
            try:
                return await write()
            except (RedisError, OSError) as error:
                log.warning("the outcome of a notification waits for Redis: %s", error)
                await asyncio.sleep(POLL_SECONDS)

    async def _open_alert(self, notification: Notification) -> Alert | None:
        """Return the alert as it is now; None if it is closed or shelved, was acknowledged, or has changed since."""
        row: Any = await self._redis.hget(OPEN, notification.alert.key)
        alert = None if row is None else msgspec.json.decode(row, type=Alert)
        return alert if is_still_needed(notification, alert) else None

    async def _settle(self, queued: QueuedNotification, outcome: Outcome) -> None:
        await self._until_stored(lambda: self._queue.settle(queued, outcome))
        metrics.NOTIFICATIONS.labels(queued.notification.contact, outcome).inc()
        await self._record(queued, outcome)

    async def _record(self, queued: QueuedNotification, outcome: str) -> None:
        """Add to the audit log who was reached or not, by which of his targets, and in which attempt."""
        notification = queued.notification
        label = self._target_label(queued) or "no target"
        detail = f"{notification.contact} {notification.reason} {queued.attempts} {label}"
        await audit.record(self._redis, "pulso", f"notification-{outcome}", notification.alert.key, detail)

    async def _record_delivery(self, queued: QueuedNotification, outcome: DeliveryOutcome) -> None:
        """Store what the control room shows: who was notified when, by which target, with which outcome."""
        notification = queued.notification
        delivery = Delivery(
            contact=notification.contact, reason=notification.reason, target=self._target_label(queued),
            outcome=outcome, attempts=queued.attempts, time=datetime.now(UTC),
        )  # fmt: skip
        await self._until_stored(lambda: self._queue.record_delivery(queued, delivery))

    def _target_label(self, queued: QueuedNotification) -> str:
        target = self._targets.get(queued.notification.contact, {}).get(TargetId(queued.target))
        return "" if target is None else target.label


def _notify(service: NotifyBase, message: NotificationMessage) -> bool:
    try:
        return bool(service.notify(body=message.body, title=message.title, body_format=NotifyFormat.TEXT))
    except Exception:
        # There are more than a hundred services, each with its own exceptions; whatever it is, it is retried.
        log.exception("a notification service failed")
        return False
