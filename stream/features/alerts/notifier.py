"""Tells phones and chats through Apprise: a task of the alerts worker, exact over restarts.

It reads the alert streams in Redis, plans what each contact of the venue file must hear, and sends what is due. A
service that does not answer is tried again, ever more rarely, as long as the alert is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
from apprise import AppriseAsset, AppriseConfig, NotifyBase, NotifyFormat
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.alerts.notifications import Notification, planned, wording
from schemas.alerts import Alert, Audience
from schemas.venue import Venue
from stream.features.alerts import metrics
from stream.runtime.settings import Settings
from stream.stores import audit
from stream.stores.alert_store import OPEN, STREAM
from stream.stores.notification_queue import NotificationQueue, Row

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
AGAIN_SECONDS = (5.0, 300.0)
"""first and longest pause before a service that failed is tried again"""
CLAIM_SECONDS = 60.0
"""longer than a service may take; after it another worker takes a message over"""
SERVICE_SECONDS = 15.0
AT_ONCE = 8
"""messages on their way at the same time: a service that hangs must not hold up the others"""
BLOCK = 500
START = "0-0"


class Notifier:
    """Plans and sends."""

    def __init__(self, settings: Settings, venue: Venue) -> None:
        self._settings = settings
        self._venue = venue
        self._contacts = {contact.id: contact for contact in venue.contacts}
        self._redis = Redis.from_url(settings.redis_url(), socket_timeout=5, socket_connect_timeout=5)
        self._queue = NotificationQueue(self._redis)
        self._services = services(settings, venue)
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; what can't be done while Redis is away is done when it is back."""
        try:
            await self._work()
        finally:
            # What was sent must be known to be.
            if self._sending:
                await asyncio.wait(self._sending, timeout=SERVICE_SECONDS)

    async def _work(self) -> None:
        while True:
            try:
                for audience in get_args(Audience):
                    await self._plan(audience)
                while len(self._sending) < AT_ONCE and (row := await self._claimed()) is not None:
                    task = asyncio.create_task(self._send(row))
                    self._sending.add(task)
                    task.add_done_callback(self._sent)
            except (RedisError, OSError) as error:
                log.warning("notifications wait for Redis: %s", error)
                await asyncio.sleep(AGAIN_SECONDS[0])
            await asyncio.sleep(PAUSE_SECONDS)

    async def _plan(self, audience: Audience) -> None:
        stream = STREAM.format(audience=audience)
        was = await self._queue.cursor(audience)
        if was is None:
            # The first time: what is long past calls nobody. What is open now is told, once.
            ends: Any = await self._redis.xrevrange(stream, count=1)
            rows: Any = await self._redis.hvals(OPEN)
            alerts = [msgspec.json.decode(row, type=Alert) for row in rows]
            now = datetime.now(UTC)
            told = [one for alert in alerts if alert.acknowledged_by is None for one in self._of(alert, now)]
            await self._queue.plan(audience, None, ends[0][0].decode() if ends else START, told)
            return
        entries: Any = await self._redis.xrange(stream, min=f"({was}", count=BLOCK)
        if not entries:
            return
        found: list[Notification] = []
        for name, fields in entries:
            # By Redis's clock. What is due is judged by this one's, and a call must not wait until the two agree.
            arrived = min(datetime.fromtimestamp(int(name.split(b"-")[0]) / 1000, UTC), datetime.now(UTC))
            found += planned(msgspec.json.decode(fields[b"alert"], type=Alert), arrived, self._venue)
        await self._queue.plan(audience, was, entries[-1][0].decode(), found)

    def _of(self, alert: Alert, now: datetime) -> list[Notification]:
        return planned(replace(alert, state="raised"), now, self._venue)

    async def _claimed(self) -> Row | None:
        now = datetime.now(UTC)
        return await self._queue.claim(now, now + timedelta(seconds=CLAIM_SECONDS))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its claim ends by itself, and then it is tried again.
            log.warning("a notification could not be settled: %s", error)

    async def _send(self, row: Row) -> None:
        one = row.notification
        contact = self._contacts.get(one.contact)
        services = self._services.get(one.contact, [])
        if contact is None or not services or not await self._wanted(one):
            await self._settle(row, "dropped")
            return
        title, body = wording(one, contact, self._venue, self._settings.console_public)
        waiting = [service for service in services if service.url_id() not in row.told]
        answers = await asyncio.gather(*(asyncio.to_thread(_tell, service, title, body) for service in waiting))
        reached = [str(service.url_id()) for service, answer in zip(waiting, answers, strict=True) if answer]
        row = replace(row, attempts=row.attempts + 1, told=(*row.told, *reached))
        if all(answers):
            await self._settle(row, "sent")
            return
        metrics.NOTIFICATIONS.labels(one.contact, "failed").inc()
        first, longest = AGAIN_SECONDS
        pause = min(longest, first * 2 ** min(row.attempts - 1, 10))
        log.warning("contact %s was not reached; trying again in %.0f s", one.contact, pause)
        await self._surely(lambda: self._queue.later(row, datetime.now(UTC) + timedelta(seconds=pause)))

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        """Until Redis has it: a message that was sent, and is not known to be, would be sent again."""
        while True:
            try:
                return await write()
            except (RedisError, OSError) as error:
                log.warning("what became of a message waits for Redis: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _wanted(self, one: Notification) -> bool:
        """Whether the alert is still open and, for what nobody has taken, still nobody's."""
        found: Any = await self._redis.hget(OPEN, one.alert.key)
        if found is None:
            return False
        alert = msgspec.json.decode(found, type=Alert)
        if one.why == "changed" and (alert.amount, alert.source) != (one.alert.amount, one.alert.source):
            return False  # it has changed again, and that is told
        return alert.id == one.alert.id and (one.why != "nobody" or alert.acknowledged_by is None)

    async def _settle(self, row: Row, outcome: str) -> None:
        one = row.notification
        await self._surely(lambda: self._queue.settle(row))
        metrics.NOTIFICATIONS.labels(one.contact, outcome).inc()
        detail = f"{one.contact} {one.why} {row.attempts}"
        await audit.record(self._redis, "pulso", f"notification-{outcome}", one.alert.key, detail)


def services(settings: Settings, venue: Venue) -> dict[str, list[NotifyBase]]:
    """The addresses of each contact; what is missing is said in the log, and the others are reached all the same."""
    asset = AppriseAsset(app_id="Pulso", app_desc="Pulso", app_url="", async_mode=False, http_redirects=False)
    config = AppriseConfig(asset=asset)
    if settings.contacts is None:
        log.error("the venue file names contacts, but PULSO_CONTACTS names no Apprise file: nobody is told")
    elif not settings.contacts.is_file():
        log.error("%s (PULSO_CONTACTS) is no file: nobody is told", settings.contacts)
    else:
        config.add(str(settings.contacts.resolve()), asset=asset)
    found: dict[str, list[NotifyBase]] = {}
    for contact in venue.contacts:
        found[contact.id] = [one for one in config.services() if contact.id in {str(tag) for tag in one.tags}]
        if not found[contact.id]:
            log.error("contact %s has no address: give one in PULSO_CONTACTS the tag %s", contact.id, contact.id)
    return found


def _tell(service: NotifyBase, title: str, body: str) -> bool:
    try:
        return bool(service.notify(body=body, title=title, body_format=NotifyFormat.TEXT))
    except Exception:
        # Some hundred services, each with its own ways to fail: whatever it is, it is tried again.
        log.exception("a service failed")
        return False
