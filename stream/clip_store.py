"""Evidence in Redis: a hash `pulso:evidence:ID` with `content_type` and `body`, which ends by itself.

A clip is worth less than the score it belongs to: while Redis is away none is stored, and scores go on.
"""

from __future__ import annotations

import logging
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from processors.vision.violence_evidence import CONTENT_TYPE, Clip

log = logging.getLogger(__name__)

EVIDENCE = "pulso:evidence:{id}"
PATIENCE_SECONDS = 0.5


class ClipStore:
    """Stores clips for a limited time; without an address none."""

    def __init__(self, url: str | None, hours: float) -> None:
        self._redis = (
            AsyncRedis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
            if url
            else None
        )
        self._seconds = max(1, round(hours * 3600))

    async def put(self, clip: Clip) -> bool:
        """Store one clip; False when Redis does not take it. A repeat changes nothing but the time that is left."""
        if self._redis is None:
            return False
        name = EVIDENCE.format(id=clip.id)
        try:
            async with self._redis.pipeline(transaction=True) as both:
                both.hset(name, mapping={"content_type": CONTENT_TYPE, "body": clip.body})
                both.expire(name, self._seconds)
                await both.execute()
        except (RedisError, OSError) as error:
            log.warning("evidence of a fight is not stored: %s", error)
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()


def stored_clip(redis: Redis, evidence: str) -> bytes | None:
    """The bytes of a clip, or None where its time is over or it is of another kind."""
    fields: Any = redis.hgetall(EVIDENCE.format(id=evidence))
    body: bytes | None = fields.get(b"body")
    return body if fields.get(b"content_type") == CONTENT_TYPE.encode() else None
