"""Limit of questions by conversation and by address; a festival's network may be one address for thousands."""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

WINDOW_SECONDS = 60
MAX_QUESTIONS = {"conversation": 20, "origin": 600}
"""Questions a minute."""


class AskLimit:
    """Counter of questions in Redis, by hashes that expire after a minute."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wait_seconds(self, conversation: str, origin: str) -> int:
        """Count one question and return 0, or the seconds to wait before the next."""
        wait = 0
        for kind, name in (("conversation", conversation), ("origin", origin)):
            key = f"pulso:ask:{kind}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, WINDOW_SECONDS, nx=True)
                pipe.ttl(key)
                number, _, left = await pipe.execute()
            if number > MAX_QUESTIONS[kind]:
                wait = max(wait, int(left))
        return wait
