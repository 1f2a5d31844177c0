"""Queue of notifications in Redis: each is planned once, claimed by one worker, and kept until it is settled.

Keys, with the prefix `pulso:notifications:`

    cursor      hash, audience → last entry of its alert stream that notifications were planned for
    due         sorted set, notification id → Unix milliseconds of the next attempt
    row         hash, notification id → JSON of QueuedNotification
    planned:ID  exists for a week after a notification was planned, so that planning it again adds nothing

Any number of workers may plan and send at the same time. Planning moves the cursor and adds the notifications in one
step, or does nothing when another worker has moved it. Sending begins with a claim that expires by itself: when a
worker is killed while it sends, another sends again. A crash between the answer of the service and `settle` is the only
case in which a notification is sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from redis.asyncio import Redis

from processors.alerts.notifications import Notification
from schemas.alerts import Audience

PREFIX = "pulso:notifications:"
CURSOR, DUE, ROW = PREFIX + "cursor", PREFIX + "due", PREFIX + "row"
PLANNED = PREFIX + "planned:"
PLANNED_SECONDS = 7 * 24 * 3600

_PLAN = """
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return -1 end
local added = 0
for i = 6, #ARGV, 3 do
  if redis.call('SET', ARGV[5] .. ARGV[i], 1, 'NX', 'EX', ARGV[4]) then
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2])
    added = added + 1
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return added
"""

_CLAIM = """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)
if #due == 0 then return nil end
redis.call('ZADD', KEYS[1], ARGV[2], due[1])
return {due[1], redis.call('HGET', KEYS[2], due[1])}
"""


class QueuedNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification and the progress of its sending.

    Attributes:
        notification: what is to be sent.
        attempts: attempts so far.
        reached: addresses that have it, as digests that Apprise makes of them.
    """

    notification: Notification
    attempts: int = 0
    reached: tuple[str, ...] = msgspec.field(name="told", default=())


class NotificationQueue:
    """Notifications to send, shared by all alerts workers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._plan = redis.register_script(_PLAN)
        self._claim = redis.register_script(_CLAIM)

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

    async def settle(self, queued: QueuedNotification) -> None:
        """Remove a notification that was sent or is no longer needed."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(DUE, queued.notification.id)
            pipe.hdel(ROW, queued.notification.id)
            await pipe.execute()

    async def postpone(self, queued: QueuedNotification, until: datetime) -> None:
        """Store the progress of a notification, and the time of its next attempt."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(ROW, queued.notification.id, msgspec.json.encode(queued).decode())
            pipe.zadd(DUE, {queued.notification.id: _milliseconds(until)})
            await pipe.execute()


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
