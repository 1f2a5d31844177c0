"""Pictures and clips that show why an alert was raised."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import APIRouter, HTTPException, Request, Response

from console.authentication import CurrentUser, require_role
from console.requests import redis_required, request_origin
from console.services import Services
from processors.cameras.picture import PictureError
from processors.violence.evidence import CONTENT_TYPE, still_of
from stream.stores import audit
from stream.stores.evidence import EVIDENCE

router = APIRouter()

CONTENT_TYPES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
VIEWED = "pulso:evidence-seen:{who}:{id}"
VIEWED_SECONDS = 3600
"""A person's view of one picture is written to the audit stream at most so often."""


@router.get("/evidence/{name:path}")
async def evidence(
    request: Request, name: str, user: CurrentUser, services: Services, *, still: bool = False
) -> Response:
    """Return one picture, for security; who looked at it is in the audit stream.

    With `still`, of a clip one picture that does not move.
    """
    require_role(user, "security")
    with redis_required():
        body, content_type = await services.redis.hmget(EVIDENCE.format(id=name), "body", "content_type")
        kind = content_type.decode() if isinstance(content_type, bytes) else ""
        if not isinstance(body, bytes) or kind not in CONTENT_TYPES:
            raise HTTPException(404, "this picture is gone: pictures are kept for a short time only")
        if await services.redis.set(VIEWED.format(who=user.name, id=name), 1, ex=VIEWED_SECONDS, nx=True):
            await audit.record(services.redis, user.name, "evidence-seen", name, origin=request_origin(request))
    if still and kind == CONTENT_TYPE:
        with suppress(PictureError):  # a clip that can't be decoded is sent as it is
            body = await asyncio.to_thread(still_of, body)
    return Response(body, media_type=kind)
