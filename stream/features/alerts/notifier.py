"""Notifier: sends notifications of alerts to phones and chats through Apprise, a background task of the alerts worker.

It reads the alert streams in Redis, plans a notification for each contact of the venue file that an alert concerns, and
sends those that are due. A service that fails is retried with growing pauses while the alert is open. Plans and
outcomes are kept in Redis, so a restart neither loses nor repeats a notification.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from apprise import AppriseAsset, AppriseConfig, NotifyBase, NotifyFormat
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.alerts.messages import MessageCatalog
from processors.alerts.notifications import (
    Notification,
    NotificationMessage,
    notification_message,
    plan_notifications,
)
from schemas.alerts import AUDIENCES, Alert, Audience
from schemas.venue import Venue
from stream.features.alerts import metrics
from stream.runtime.settings import Settings
from stream.stores import audit
from stream.stores.alert_store import OPEN, STREAM
from stream.stores.notification_queue import NotificationQueue, QueuedNotification

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

    def __init__(self, settings: Settings, venue: Venue, catalog: MessageCatalog) -> None:
        self._settings = settings
        self._venue = venue
        self._catalog = catalog
        self._contacts = {contact.id: contact for contact in venue.contacts}
        self._redis = Redis.from_url(settings.redis_url(), socket_timeout=5, socket_connect_timeout=5)
        self._queue = NotificationQueue(self._redis)
        self._services = services_by_contact(settings, venue)
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
        services = self._services.get(notification.contact, [])
        if contact is None or not services or not await self._is_needed(notification):
            await self._settle(queued, "dropped")
            return
        link = self._settings.console_public
        message = notification_message(notification, contact, self._venue, self._catalog, link)
        waiting = [service for service in services if service.url_id() not in queued.reached]
        successes = await asyncio.gather(*(asyncio.to_thread(_notify, service, message) for service in waiting))
        reached = [str(service.url_id()) for service, success in zip(waiting, successes, strict=True) if success]
        queued = replace(queued, attempts=queued.attempts + 1, reached=(*queued.reached, *reached))
        if all(successes):
            await self._settle(queued, "sent")
            return
        metrics.NOTIFICATIONS.labels(notification.contact, "failed").inc()
        first, longest = RETRY_SECONDS
        pause = min(longest, first * 2 ** min(queued.attempts - 1, 10))
        log.warning(
            "contact %s was not reached about alert %s; trying again in %.0f s",
            notification.contact,
            notification.alert.id,
            pause,
        )
        await self._until_stored(lambda: self._queue.postpone(queued, datetime.now(UTC) + timedelta(seconds=pause)))

    async def _until_stored(self, write: Callable[[], Awaitable[None]]) -> None:
        """Repeat a write until Redis has it: a notification that was sent without a record would be sent again."""
        while True:
            try:
                return await write()
            except (RedisError, OSError) as error:
                log.warning("the outcome of a notification waits for Redis: %s", error)
                await asyncio.sleep(POLL_SECONDS)

    async def _is_needed(self, notification: Notification) -> bool:
        """Return False if the alert is closed, was acknowledged meanwhile, or has changed again since."""
        row: Any = await self._redis.hget(OPEN, notification.alert.key)
        if row is None:
            return False
        alert = msgspec.json.decode(row, type=Alert)
        planned = notification.alert
        if notification.reason == "changed" and (alert.amount, alert.source) != (planned.amount, planned.source):
            return False  # the last change has a notification of its own
        return alert.id == planned.id and (notification.reason != "nobody" or alert.acknowledged_by is None)

    async def _settle(self, queued: QueuedNotification, outcome: str) -> None:
        notification = queued.notification
        await self._until_stored(lambda: self._queue.settle(queued))
        metrics.NOTIFICATIONS.labels(notification.contact, outcome).inc()
        detail = f"{notification.contact} {notification.reason} {queued.attempts}"
        await audit.record(self._redis, "pulso", f"notification-{outcome}", notification.alert.key, detail)


def services_by_contact(settings: Settings, venue: Venue) -> dict[str, list[NotifyBase]]:
    """Return the Apprise services of each contact.

    A missing file or address is logged as an error; contacts with an address are reached all the same.
    """
    asset = AppriseAsset(app_id="Pulso", app_desc="Pulso", app_url="", async_mode=False, http_redirects=False)
    config = AppriseConfig(asset=asset)
    if settings.contacts is None:
        log.error("the venue file has contacts, but PULSO_CONTACTS names no Apprise file: nobody is notified")
    elif not settings.contacts.is_file():
        log.error("PULSO_CONTACTS: %s is not a file: nobody is notified", settings.contacts)
    else:
        config.add(str(settings.contacts.resolve()), asset=asset)
    services: dict[str, list[NotifyBase]] = {}
    for contact in venue.contacts:
        services[contact.id] = [
            service for service in config.services() if contact.id in {str(tag) for tag in service.tags}
        ]
        if not services[contact.id]:
            log.error("contact %s has no address; add one with the tag %s to PULSO_CONTACTS", contact.id, contact.id)
    return services


def _notify(service: NotifyBase, message: NotificationMessage) -> bool:
    try:
        return bool(service.notify(body=message.body, title=message.title, body_format=NotifyFormat.TEXT))
    except Exception:
        # There are more than a hundred services, each with its own exceptions; whatever it is, it is retried.
        log.exception("a notification service failed")
        return False
