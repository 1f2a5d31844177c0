"""Pictures of promotion and choices that were made, in Redis; both expire.

A picture is named by the hash of its bytes, so that what somebody approved is what is shown. A choice is kept for as
long as a response to it counts; its name can be computed only by the phone that it was made for.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from schemas.promotion import CampaignId, VariantId

PICTURE = "pulso:promotion:picture:{name}"
CHOICE = "pulso:promotion:choice:{showing}"

PICTURE_SECONDS = 400 * 86_400
"""Time for which a picture is kept after it was stored last: as long as its campaign."""

CHOICE_SECONDS = 86_400
"""Time for which a choice is kept, and a response to it counts: less than the worker remembers showings."""

PICTURE_TYPE = "image/webp"


class StoredChoice(Struct, frozen=True, kw_only=True):
    """A choice as it was made first.

    Attributes:
        variants: number of approved variants that it was chosen from.
    """

    campaign: CampaignId
    variant: VariantId
    taste: str
    propensity: float
    variants: int


_CHOICES = msgspec.json.Decoder(StoredChoice)


class PromotionStore:
    """Pictures and choices.

    All functions raise a `RedisError` where Redis does not answer.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put_picture(self, body: bytes) -> str:
        """Store a picture and return its name."""
        name = hashlib.sha256(body).hexdigest()
        await self._redis.set(PICTURE.format(name=name), body, ex=PICTURE_SECONDS)
        return name

    async def picture(self, name: str) -> bytes | None:
        """Return a picture; None where there is none of this name."""
        body: Any = await self._redis.get(PICTURE.format(name=name))
        return body if body is None else bytes(body)

    async def keep_first(self, showing: str, choice: StoredChoice) -> StoredChoice:
        """Store a choice unless one was made for this showing; return the first."""
        name = CHOICE.format(showing=showing)
        await self._redis.set(name, msgspec.json.encode(choice), ex=CHOICE_SECONDS, nx=True)
        return await self.choice(showing) or choice

    async def choice(self, showing: str) -> StoredChoice | None:
        """Return the choice that was made for a showing; None where there was none, or it has expired."""
        found: Any = await self._redis.get(CHOICE.format(showing=showing))
        return None if found is None else _CHOICES.decode(found)
