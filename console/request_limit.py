"""Limits of requests to public endpoints, by person and by address; a festival network may be one address for all."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from redis.asyncio import Redis

WINDOW_SECONDS = 60


class RequestLimit:
    """Counter of requests in Redis, by hashes that expire after a minute.

    Attributes:
        name: of the endpoints that count together.
        max_requests: requests a minute of one person (a conversation or a phone), and of one address.
    """

    name: ClassVar[str]
    max_requests: ClassVar[tuple[int, int]]

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wait_seconds(self, person: str, origin: str) -> int:
        """Count one request and return 0, or the seconds to wait before the next."""
        wait = 0
        for kind, who, most in zip(("person", "origin"), (person, origin), self.max_requests, strict=True):
            key = f"pulso:limit:{self.name}:{kind}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, WINDOW_SECONDS, nx=True)
                pipe.ttl(key)
                number, _, left = await pipe.execute()
            if number > most:
                wait = max(wait, int(left))
        return wait
