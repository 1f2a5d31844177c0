"""The page on which people correct lines."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from msgspec import Struct

from console.authentication import ActingUser, CurrentUser, require_role
from console.features.captions.view import CHANNEL, ROLES, CaptionsView
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import Services
from schemas.captions import CORRECTIONS, CaptionCorrection, CaptionText
from schemas.documents import request_body
from schemas.fields import Identifier, identifier
from schemas.ids import CaptionId
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()


class CorrectionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a request to correct a line.

    Attributes:
        id: made by the browser; sent again under the same id, the line is corrected once.
        translation: None: it is translated again.
    """

    id: RequestId
    line: Identifier
    text: CaptionText
    translation: CaptionText | None = None


@router.get("/captioning", response_class=HTMLResponse)
async def captioning(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the last lines of every stage, to correct them."""
    require_role(user, *ROLES)
    return services.page(request, "captions/captioning.html", user, channel=CHANNEL)


@router.post("/api/captions/correct", openapi_extra={"requestBody": request_body(CorrectionRequest)})
async def correct(request: Request, user: ActingUser, services: Services) -> Response:
    """Correct a line; 404 for an unknown one, 422 for an empty text, 503 while Kafka or Redis is away."""
    require_role(user, *ROLES)
    body = await decode_body(request, CorrectionRequest)
    line = services.part(CaptionsView).log.get(CaptionId(body.line))
    if line is None:
        raise HTTPException(404, "there is no such line")
    text = " ".join(body.text.split())
    translation = " ".join((body.translation or "").split()) or None
    if not text:
        raise HTTPException(422, "the text is empty")
    now = datetime.now(UTC)
    correction = CaptionCorrection(
        id=identifier(f"{user.name}/{body.id}"),
        line=line.id,
        stage=line.stage,
        text=text,
        translation=translation,
        by=user.name,
        time=now,
    )
    try:
        await services.writer.send(
            CORRECTIONS, key=line.stage, record=correction, id=correction.id, by=user.name, time=now
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error
    with redis_required():
        detail = f"{line.text} → {text}"
        await audit.record(services.redis, user.name, "caption-corrected", line.id, detail, request_origin(request))
    return Response(msgspec.json.encode({"line": line.id}), 202, media_type="application/json")
