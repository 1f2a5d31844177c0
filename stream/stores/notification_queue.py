"""What must still be told to phones and chats, in Redis: planned once, claimed by one, kept until it is told.

Layout, with the prefix `pulso:notifications:`

    cursor      hash, audience → the last entry of its alert stream that was planned for
    due         sorted set, notification id → Unix milliseconds when to try next
    row         hash, notification id → JSON of Row
    planned:ID  set once a notification was planned, for a week: what makes planning it again harmless

Any number of workers may plan and send at the same time. Planning moves the cursor and adds the notifications in one
step, or does nothing when another worker has moved it. Sending begins with a claim that ends by itself: when a worker
is killed while a message is on its way, another sends it again, so a crash between the service's answer and `settle`
is the one case in which a message comes twice.
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


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One notification and how its sending stands.

    Attributes:
        told: addresses (Apprise's own digest of them) that have it.
    """

    notification: Notification
    attempts: int = 0
    told: tuple[str, ...] = ()


class NotificationQueue:
    """See the module."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._plan = redis.register_script(_PLAN)
        self._claim = redis.register_script(_CLAIM)

    async def cursor(self, audience: Audience) -> str | None:
        """Up to which entry of an audience's stream all is planned; None before the first time."""
        found: Any = await self._redis.hget(CURSOR, audience)
        return found.decode() if found else None

    async def plan(
        self, audience: Audience, was: str | None, now: str, notifications: Sequence[Notification]
    ) -> int | None:
        """Move the cursor from `was` to `now` and add what is new; None when another worker has moved it."""
        parts: list[Any] = []
        for one in notifications:
            parts += [one.id, int(one.due.timestamp() * 1000), msgspec.json.encode(Row(notification=one))]
        added = await self._plan(
            keys=[CURSOR, DUE, ROW], args=[audience, was or "", now, PLANNED_SECONDS, PLANNED, *parts]
        )
        return None if added == -1 else int(added)

    async def claim(self, now: datetime, until: datetime) -> Row | None:
        """One that is due, for this worker alone until then."""
        found = await self._claim(keys=[DUE, ROW], args=[_milliseconds(now), _milliseconds(until)])
        if not found:
            return None
        if found[1] is None:
            await self._redis.zrem(DUE, found[0])
            return None
        return msgspec.json.decode(found[1], type=Row)

    async def settle(self, row: Row) -> None:
        """It is told, or nobody needs it any more."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(DUE, row.notification.id)
            pipe.hdel(ROW, row.notification.id)
            await pipe.execute()

    async def later(self, row: Row, when: datetime) -> None:
        """Keep what was reached so far, and try again then."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(ROW, row.notification.id, msgspec.json.encode(row).decode())
            pipe.zadd(DUE, {row.notification.id: _milliseconds(when)})
            await pipe.execute()


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
