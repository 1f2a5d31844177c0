"""Corrections of mood and genre by production."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, BackgroundTasks, HTTPException, Request, Response

from console.authentication import ActingUser, require_role
from console.corrections import send_correction
from console.features.music.view import MusicView
from console.requests import RequestId, decode_body, request_origin
from console.services import Services
from schemas.documents import request_body
from schemas.fields import NAMED
from schemas.models import ModelFeedback
from stream.registry.feedback import keep_clip

router = APIRouter()


class TagCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a correction.

    Attributes:
        id: made by the browser; sent again under the same id, it counts once.
        event: event id of the fragment that the person heard.
        right: the right label; the model's own label confirms it.
    """

    id: RequestId
    stage: Annotated[str, NAMED]
    event: Annotated[str, NAMED]
    model: Literal["mood", "genre"]
    right: Annotated[str, NAMED]


@router.post("/api/music/corrections", openapi_extra={"requestBody": request_body(TagCorrection)})
async def correct(request: Request, user: ActingUser, services: Services, tasks: BackgroundTasks) -> Response:
    """Send a correction, and keep its fragment for the next training; 409 when the fragment is no longer known."""
    require_role(user, "production")
    body = await decode_body(request, TagCorrection)
    tags = services.part(MusicView).recent(body.stage, body.event)
    if tags is None:
        raise HTTPException(409, "this fragment is over; correct the one that plays now")
    probabilities = tags.moods if body.model == "mood" else tags.genres
    if not probabilities or body.right not in probabilities:
        raise HTTPException(422, f"{body.model} is one of {', '.join(probabilities) or 'none'}, not {body.right!r}")
    feedback = ModelFeedback(
        id=f"{user.name}/{body.id}", model=body.model, subject=tags.stage, event_id=tags.event_id,
        said=max(probabilities, key=probabilities.__getitem__), right=body.right, by=user.name, time=datetime.now(UTC),
    )  # fmt: skip
    await send_correction(services, feedback, request_origin(request))
    tasks.add_task(keep_clip, services.settings, tags.event_id)
    return Response(status_code=202, background=tasks)
