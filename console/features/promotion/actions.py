"""Actions of production on campaigns: begin, add a variant, approve, withdraw, end; and pictures of variants."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import cv2
import msgspec
import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct
from redis.exceptions import RedisError

from console.authentication import ActingUser, require_role
from console.features.promotion.view import ROLES, PromotionView
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import Services
from processors.promotion.campaign import PromotionError
from schemas.documents import request_body
from schemas.fields import NAMED
from schemas.promotion import (
    PROMOTION_ACTIONS,
    CampaignId,
    MessageText,
    MessageVariant,
    PictureName,
    PictureText,
    PromotionAction,
    PromotionActionKind,
    Title,
    VariantId,
)
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit
from stream.stores.promotion_store import PromotionStore

router = APIRouter()

PICTURES_PATH = "/api/promotion/pictures"
MAX_PICTURE_BYTES = 4 * 1024 * 1024
"""Longest picture that is taken; what is kept is smaller."""

MAX_SIDE, MAX_PIXELS = 1_200, 40_000_000
"""Pixels of the longer side of a picture that is kept, and of one that is read."""

WEBP_QUALITY = 82


class VariantRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant that is proposed; `picture` is the name that a stored picture has."""

    es: MessageText
    en: MessageText
    picture: PictureName | None = None
    picture_es: PictureText = ""
    picture_en: PictureText = ""


class CampaignRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of an action.

    Attributes:
        id: made by the browser; sent again under the same id, the action is done once. It names the new campaign or
            variant.
        campaign: of all actions but begin.
        variant_id: approve, withdraw.
    """

    id: RequestId
    kind: PromotionActionKind
    campaign: Annotated[CampaignId, NAMED, Meta(pattern="^[A-Za-z0-9-]+$")] | None = None
    title: Title | None = None
    variant: VariantRequest | None = None
    variant_id: Annotated[VariantId, NAMED] | None = None


@router.post("/api/promotion/actions", openapi_extra={"requestBody": request_body(CampaignRequest)})
async def act(request: Request, user: ActingUser, services: Services) -> Response:
    """Send an action to the worker; 409 when it does not fit the campaign any more."""
    require_role(user, *ROLES)
    body = await decode_body(request, CampaignRequest)
    action = _action(body, user.name)
    try:
        services.part(PromotionView).check(action)
    except PromotionError as error:
        raise HTTPException(409, str(error)) from error
    picture = action.variant.picture if action.variant is not None else None
    if picture is not None:
        with redis_required():
            if await services.part(PromotionStore).picture(picture) is None:
                raise HTTPException(422, "there is no such picture; send it first")
    try:
        await services.writer.send(
            PROMOTION_ACTIONS, key=action.campaign, record=action, id=action.id, by=user.name, time=action.time
        )
        origin = request_origin(request)
        await audit.record(services.redis, user.name, f"promotion-{body.kind}", *_audit_words(action), origin)
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; try again") from error
    return Response(msgspec.json.encode({"campaign": action.campaign}), 202, media_type="application/json")


@router.post(PICTURES_PATH)
async def add_picture(request: Request, user: ActingUser, services: Services) -> Response:
    """Store the body, a picture, and return its name; without what a camera wrote beside the pixels.

    Raises:
        HTTPException: 413 it is too long; 422 it is not a picture that can be read; 503 Redis does not answer.
    """
    require_role(user, *ROLES)
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_PICTURE_BYTES:
            raise HTTPException(413, f"the picture is longer than {MAX_PICTURE_BYTES // 2**20} MB")
    picture = await asyncio.to_thread(converted, bytes(data))
    if picture is None:
        raise HTTPException(422, "this is not a JPEG, PNG or WebP picture of at most 40 megapixels")
    with redis_required():
        name = await services.part(PromotionStore).put_picture(picture)
    return Response(msgspec.json.encode({"picture": name}), media_type="application/json")


def converted(data: bytes) -> bytes | None:
    """Return a picture as WebP, scaled down where it is larger than `MAX_SIDE`; None if it can't be read."""
    if not data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")):
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if pixels is None or pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        return None
    scale = MAX_SIDE / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    return encoded.tobytes() if done else None


def _action(body: CampaignRequest, by: str) -> PromotionAction:
    """Return the record of a request.

    Raises:
        HTTPException: 422 the campaign is missing.
    """
    now = datetime.now(UTC)
    campaign = CampaignId(body.id) if body.kind == "begin" else body.campaign
    if campaign is None:
        raise HTTPException(422, "an action needs a campaign")
    one, variant = body.variant, None
    if body.kind == "add" and one is not None:
        variant = MessageVariant(
            id=VariantId(body.id), es=one.es, en=one.en, picture=one.picture, picture_es=one.picture_es,
            picture_en=one.picture_en, made_by=by, made_at=now,
        )  # fmt: skip
    return PromotionAction(
        id=f"{by}/{body.id}", campaign=campaign, kind=body.kind, time=now, by=by, title=body.title, variant=variant,
        variant_id=body.variant_id,
    )  # fmt: skip


def _audit_words(action: PromotionAction) -> tuple[str, str]:
    """Return subject and detail of an action, for the audit."""
    if action.variant is not None:
        return action.campaign, f"{action.variant.id}: {action.variant.es} | {action.variant.en}"
    return action.campaign, action.title or action.variant_id or ""
