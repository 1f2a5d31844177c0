"""Queue of notifications in Redis: each is planned once, claimed by one worker, and kept until it is settled.

A notification is planned for a contact. When it is due, it is replaced by one for each target that the contact has
then, a phone or a chat, which is claimed, sent and tried again by itself.

Keys, with the prefix `pulso:notifications:`

    cursor      hash, audience → last entry of its alert stream that notifications were planned for
    due         sorted set, id of a queued notification → Unix milliseconds of the next attempt
    row         hash, id → JSON of QueuedNotification
    told:ALERT  hash, id of a notification of one target → JSON of Delivery, for a week
    planned:ID  exists for a week after a notification was planned, so that planning it again adds nothing; its value is
                `planned`, and in the end its outcome: sent, dropped, or split into those of its targets

Any number of workers may plan and send at the same time. Planning moves the cursor and adds the notifications in one
step, or does nothing when another worker has moved it. Sending begins with a claim that expires by itself: when a
worker is killed while it sends, another sends again. A crash between the answer of the service and `settle` is the only
case in which a notification is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from processors.alerts.notifications import Notification, Reason
from schemas.alerts import Audience
from schemas.ids import AlertId

PREFIX = "pulso:notifications:"
CURSOR, DUE, ROW = PREFIX + "cursor", PREFIX + "due", PREFIX + "row"
PLANNED = PREFIX + "planned:"
PLANNED_SECONDS = 7 * 24 * 3600
TOLD = PREFIX + "told:"

_PLAN = """
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return -1 end
local added = 0
for i = 6, #ARGV, 3 do
  if redis.call('SET', ARGV[5] .. ARGV[i], 'planned', 'NX', 'EX', ARGV[4]) then
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2])
    added = added + 1
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return added
"""

_SPLIT = """
local added = 0
for i = 5, #ARGV, 2 do
  if redis.call('SET', ARGV[4] .. ARGV[i], 'planned', 'NX', 'EX', ARGV[3]) then
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[i])
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
    added = added + 1
  end
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SET', ARGV[4] .. ARGV[1], 'split', 'EX', ARGV[3])
return added
"""

_CLAIM = """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)
if #due == 0 then return nil end
redis.call('ZADD', KEYS[1], ARGV[2], due[1])
return {due[1], redis.call('HGET', KEYS[2], due[1])}
"""

Outcome = Literal["sent", "dropped"]
DeliveryOutcome = Literal["sent", "failed", "no-address"]


class QueuedNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification and the progress of its sending.

    Attributes:
        notification: what is to be sent.
        target: the one target that it is sent to; empty while it is planned for the contact.
        attempts: attempts so far, all of which failed.
    """

    notification: Notification
    target: str = ""
    attempts: int = 0

    @property
    def id(self) -> str:
        """Return the id in the queue: that of the notification, and the target."""
        return f"{self.notification.id}>{self.target}" if self.target else self.notification.id


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of notifying one target of a contact, so far.

    Attributes:
        target: kind of service and position among the contact's targets, without the address.
        outcome: `sent`: the service accepted it; `failed`: it is tried again; `no-address`: nobody can be reached.
        attempts: attempts so far.
        time: of the last attempt.
    """

    contact: str
    reason: Reason
    target: str
    outcome: DeliveryOutcome
    attempts: int
    time: datetime


class PendingNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification in the queue, and the time of its next attempt."""

    queued: QueuedNotification
    due: datetime


class NotificationQueue:
    """Notifications to send, shared by all alerts workers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._plan = redis.register_script(_PLAN)
        self._claim = redis.register_script(_CLAIM)
        self._split = redis.register_script(_SPLIT)

    async def cursor(self, audience: Audience) -> str | None:
        """Return the last entry of an audience's stream that was planned for; None before the first time."""
        cursor: Any = await self._redis.hget(CURSOR, audience)
        return cursor.decode() if cursor else None

    async def plan(
        self, audience: Audience, before: str | None, after: str, notifications: Sequence[Notification]
    ) -> int | None:
        """Move the cursor and add notifications that were not planned yet.

        Args:
            audience: whose cursor is moved.
            before: the cursor as it was read.
            after: the cursor as it shall be.
            notifications: those of the entries between the two.

        Returns:
            Number of notifications added; None when another worker has moved the cursor, and nothing was done.
        """
        arguments: list[Any] = []
        for one in notifications:
            row = msgspec.json.encode(QueuedNotification(notification=one))
            arguments += [one.id, _milliseconds(one.due), row]
        added = await self._plan(
            keys=[CURSOR, DUE, ROW], args=[audience, before or "", after, PLANNED_SECONDS, PLANNED, *arguments]
        )
        return None if added == -1 else int(added)

    async def claim(self, now: datetime, until: datetime) -> QueuedNotification | None:
        """Return a notification that is due, reserved for this worker until a time; None if none is due."""
        claimed = await self._claim(keys=[DUE, ROW], args=[_milliseconds(now), _milliseconds(until)])
        if not claimed:
            return None
        id, row = claimed
        if row is None:
            await self._redis.zrem(DUE, id)
            return None
        return msgspec.json.decode(row, type=QueuedNotification)

    async def split(self, queued: QueuedNotification, targets: Iterable[str], now: datetime) -> int:
        """Replace a notification by one for each target, due now; return the number of those that are new.

        A target that was planned before, whatever became of it, is left out.
        """
        arguments: list[Any] = []
        for target in targets:
            one = QueuedNotification(notification=queued.notification, target=target)
            arguments += [one.id, msgspec.json.encode(one)]
        return int(
            await self._split(
                keys=[DUE, ROW], args=[queued.id, _milliseconds(now), PLANNED_SECONDS, PLANNED, *arguments]
            )
        )

    async def settle(self, queued: QueuedNotification, outcome: Outcome) -> None:
        """Remove a notification that was sent or is no longer needed."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(DUE, queued.id)
            pipe.hdel(ROW, queued.id)
            pipe.set(PLANNED + queued.id, outcome, ex=PLANNED_SECONDS)
            await pipe.execute()

    async def postpone(self, queued: QueuedNotification, until: datetime) -> None:
        """Store the progress of a notification, and the time of its next attempt."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(ROW, queued.id, msgspec.json.encode(queued).decode())
            pipe.zadd(DUE, {queued.id: _milliseconds(until)})
            await pipe.execute()

    async def record_delivery(self, queued: QueuedNotification, delivery: Delivery) -> None:
        """Store the outcome of a notification so far; it replaces that of an earlier attempt."""
        key = TOLD + queued.notification.alert.id
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, queued.id, msgspec.json.encode(delivery).decode())
            pipe.expire(key, PLANNED_SECONDS)
            await pipe.execute()

    async def deliveries(self, alerts: Iterable[AlertId]) -> dict[AlertId, list[Delivery]]:
        """Return the outcomes of the notifications of alerts, in no order."""
        ids = list(alerts)
        async with self._redis.pipeline(transaction=False) as pipe:
            for one in ids:
                pipe.hvals(TOLD + one)
            found: Any = await pipe.execute()
        return {
            one: [msgspec.json.decode(row, type=Delivery) for row in rows] for one, rows in zip(ids, found, strict=True)
        }

    async def pending(self) -> list[PendingNotification]:
        """Return everything that waits in the queue, in no order."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(ROW)
            pipe.zrange(DUE, 0, -1, withscores=True)
            rows, scores = await pipe.execute()
        times: dict[bytes, float] = dict(scores)
        return [
            PendingNotification(
                queued=msgspec.json.decode(row, type=QueuedNotification),
                due=datetime.fromtimestamp(times[id] / 1000, UTC),
            )
            for id, row in rows.items()
            if id in times
        ]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
