"""Corrections of a mail's sentiment by the support desk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from console.authentication import ActingUser, require_role
from console.corrections import send_correction
from console.features.support.view import SupportView
from console.requests import RequestId, decode_body, request_origin
from console.services import Services
from schemas.documents import request_body
from schemas.fields import NAMED
from schemas.models import ModelFeedback

router = APIRouter()


class SentimentCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a correction.

    Attributes:
        id: made by the browser; sent again under the same id, it counts once.
        right: the right sentiment; the model's own confirms it.
    """

    id: RequestId
    message: Annotated[str, NAMED]
    right: Literal["negative", "neutral", "positive"]


@router.post("/api/support/sentiment", openapi_extra={"requestBody": request_body(SentimentCorrection)})
async def correct(request: Request, user: ActingUser, services: Services) -> Response:
    """Send a correction; 409 when the mail is no longer known, or has no sentiment."""
    require_role(user, "support")
    body = await decode_body(request, SentimentCorrection)
    mail = services.part(SupportView).mail(body.message)
    if mail is None or mail.sentiment is None:
        raise HTTPException(409, "this mail is no longer shown, or has no sentiment")
    feedback = ModelFeedback(
        id=f"{user.name}/{body.id}", model="sentiment", subject="support", event_id=mail.event_id,
        said=mail.sentiment, right=body.right, by=user.name, time=datetime.now(UTC),
    )  # fmt: skip
    await send_correction(services, feedback, request_origin(request))
    return Response(status_code=202)
