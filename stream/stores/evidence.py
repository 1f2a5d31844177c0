"""Evidence in Redis: a hash `pulso:evidence:ID` with `content_type` and `body`, which ends by itself.

A picture is worth less than the alert it belongs to: while Redis is away none is stored, and alerts go on. What no
alert asks for ends after a quarter of an hour. Evidence of an open alert is kept for as long as it is open, and then
for the hours that the venue file gives.
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

UNASKED_SECONDS = 900
"""how long a picture waits for an alert"""

PATIENCE_SECONDS = 0.5


class EvidenceStore:
    """Puts, gets and keeps pictures by their id; without an address it holds nothing."""

    def __init__(self, url: str | None) -> None:
        patience = PATIENCE_SECONDS
        self._redis = Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience) if url else None

    async def put(self, id: str, content_type: str, body: bytes, *, seconds: int = UNASKED_SECONDS) -> bool:
        """Store one picture; False when Redis does not take it. A repeat changes nothing but the time that is left."""
        if self._redis is None:
            return False
        name = EVIDENCE.format(id=id)
        try:
            async with self._redis.pipeline(transaction=True) as both:
                both.hset(name, mapping={"content_type": content_type, "body": body})
                both.expire(name, seconds)
                await both.execute()
        except (RedisError, OSError) as error:
            log.warning("evidence is not stored: %s", error)
            return False
        return True

    async def get(self, id: str) -> tuple[str, bytes] | None:
        """Content type and bytes, or None where its time is over or it never was.

        Raises:
            RedisError: Redis can't be reached.
        """
        if self._redis is None:
            return None
        fields: Any = await self._redis.hgetall(EVIDENCE.format(id=id))
        return (fields[b"content_type"].decode(), fields[b"body"]) if b"body" in fields else None

    async def keep(self, ids: Iterable[str], hours: float) -> None:
        """Let pictures live for so many hours from now, if they would end sooner; what has ended stays so."""
        if self._redis is None:
            return
        try:
            async with self._redis.pipeline(transaction=False) as all_of_them:
                for id in ids:
                    all_of_them.expire(EVIDENCE.format(id=id), max(1, round(hours * 3600)), gt=True)
                await all_of_them.execute()
        except (RedisError, OSError) as error:
            log.warning("evidence may end too soon: %s", error)

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()


def stored(redis: BlockingRedis, evidence: str, content_type: str) -> bytes | None:
    """The bytes, or None where their time is over or they are of another kind."""
    fields: Any = redis.hgetall(EVIDENCE.format(id=evidence))
    body: bytes | None = fields.get(b"body")
    return body if fields.get(b"content_type") == content_type.encode() else None
