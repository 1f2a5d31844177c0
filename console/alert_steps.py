"""The steps of alerts that a visitor may see, read back from the streams in Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from redis.asyncio import Redis

from console.authentication import Visitor
from schemas.alerts import Alert
from stream.stores.alert_store import STREAM

BLOCK = 1_000


async def newest_first(redis: Redis, visitor: Visitor, only: str = "") -> AsyncIterator[tuple[str, Alert]]:
    """Entry and step, of each audience the newest first, each once.

    Args:
        only: id of the alert that is wanted; all if empty.

    Raises:
        RedisError: Redis is away.
    """
    told: set[tuple[str, int]] = set()
    mark = only.encode()
    for audience in visitor.audiences:
        end = "+"
        while True:
            entries: Any = await redis.xrevrange(STREAM.format(audience=audience), max=end, count=BLOCK)
            for name, fields in entries:
                row = fields[b"alert"]
                if mark not in row:
                    continue
                alert = msgspec.json.decode(row, type=Alert)
                if (alert.id, alert.version) in told or not visitor.sees(alert) or (only and alert.id != only):
                    continue
                told.add((alert.id, alert.version))
                yield name.decode(), alert
            if len(entries) < BLOCK:
                break
            end = f"({entries[-1][0].decode()}"


async def last_step(redis: Redis, visitor: Visitor, alert: str) -> Alert | None:
    """How an alert stands, open or over; None when it is no longer kept, or not for this visitor."""
    async for _, step in newest_first(redis, visitor, only=alert):
        return step
    return None
