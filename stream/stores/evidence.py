"""Evidence in Redis: a hash `pulso:evidence:ID` with `content_type` and `body`, which expires.

A picture matters less than the alert it belongs to: while Redis is unavailable none is stored, and alerts go on.
Evidence that no alert refers to expires after a quarter of an hour. Evidence of an open alert is kept while it is open,
and then for the hours that the venue file gives.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

EVIDENCE = "pulso:evidence:{id}"

UNREFERENCED_SECONDS = 900
"""Time to live of evidence that no alert refers to."""

TIMEOUT_SECONDS = 0.5
"""Time-out of Redis: frames don't wait longer for their evidence."""


class EvidenceStore:
    """Stores pictures and clips by their id; without an address of Redis it stores nothing."""

    def __init__(self, url: str | None) -> None:
        timeout = TIMEOUT_SECONDS
        self._redis = Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout) if url else None

    async def put(self, id: str, content_type: str, body: bytes, *, seconds: int = UNREFERENCED_SECONDS) -> bool:
        """Store evidence and return whether Redis has it; storing it again only renews its time to live."""
        if self._redis is None:
            return False
        name = EVIDENCE.format(id=id)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(name, mapping={"content_type": content_type, "body": body})
                pipeline.expire(name, seconds)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("evidence %s is not stored: %s", id, error)
            return False
        return True

    async def get(self, id: str) -> tuple[str, bytes] | None:
        """Return content type and bytes; None where it has expired or never existed.

        Raises:
            RedisError: Redis can't be reached.
        """
        if self._redis is None:
            return None
        fields: Any = await self._redis.hgetall(EVIDENCE.format(id=id))
        return (fields[b"content_type"].decode(), fields[b"body"]) if b"body" in fields else None

    async def extend(self, ids: Iterable[str], hours: float) -> None:
        """Extend the time to live to this many hours from now, where it is shorter; expired evidence stays expired."""
        if self._redis is None:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for id in ids:
                    pipeline.expire(EVIDENCE.format(id=id), max(1, round(hours * 3600)), gt=True)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("evidence of open alerts may expire too soon: %s", error)

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()


def read_evidence(redis: BlockingRedis, evidence: str, content_type: str) -> bytes | None:
    """Return the bytes; None where they have expired or have another content type."""
    fields: Any = redis.hgetall(EVIDENCE.format(id=evidence))
    body: bytes | None = fields.get(b"body")
    return body if fields.get(b"content_type") == content_type.encode() else None
