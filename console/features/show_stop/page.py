"""The page of show stops, and the steps that people take on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from console.authentication import ActingUser, CurrentUser, User, require_role
from console.features.show_stop.view import CHANNEL, ShowStopView
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import ConsoleServices, Services
from processors.show_stop.steps import ShowStopError, call_off, confirm, propose
from schemas.documents import request_body
from schemas.ids import EventId
from schemas.show_stop import ALL_STAGES, SHOW_STOP, SHOW_STOPS, ShowStop
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()


class ShowStopRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to propose, confirm or call off a show stop.

    Attributes:
        id: made by the browser; sent again under the same id, the step is taken once.
        proposal: id of the step that the person has seen and confirms.
    """

    id: RequestId
    stage: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    action: Literal["propose", "confirm", "call-off"]
    trigger: Annotated[str, msgspec.Meta(max_length=500)] = ""
    proposal: Annotated[str, msgspec.Meta(max_length=200)] = ""
    checked: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


def may_see(user: User) -> bool:
    """Return True if the page is for a user; a confirmer may have either role."""
    return user.has_role("security", "production")


@router.get("/show-stop", response_class=HTMLResponse)
async def show_stop(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the state of each stage, and what was agreed."""
    require_role(user, "security", "production")
    settings = services.venue.section(SHOW_STOP)
    state = {
        "stages": [ALL_STAGES, *(stage.id for stage in services.venue.stages)],
        "triggers": settings.triggers,
        "checklist": settings.checklist,
        "may_propose": user.has_role("security"),
        "may_confirm": settings.confirmer(user.name) is not None,
    }
    return services.page(request, "show_stop/show_stop.html", user, channel=CHANNEL, state=state, settings=settings)


@router.post("/api/show-stop", openapi_extra={"requestBody": request_body(ShowStopRequest)})
async def act(request: Request, user: ActingUser, services: Services) -> Response:
    """Take one step; 403 when it is not this person's, 409 when it is not possible (any more)."""
    require_role(user, "security", "production")
    body = await decode_body(request, ShowStopRequest)
    if body.action != "confirm":
        require_role(user, "security")
    if body.stage not in (ALL_STAGES, *(stage.id for stage in services.venue.stages)):
        raise HTTPException(404, f"no stage is called {body.stage!r}")
    try:
        step = _step(services, user, body)
    except ShowStopError as error:
        raise HTTPException(409, str(error)) from error
    try:
        await services.writer.send(
            SHOW_STOPS, key=step.stage, record=step, id=step.event_id, by=user.name, time=step.time
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error
    checked = f" [{len(step.checked)}/{len(services.venue.section(SHOW_STOP).checklist)} checked]"
    detail = f"{step.trigger}{checked if step.state == 'confirmed' else ''} {step.note}".strip()
    with redis_required():
        await audit.record(
            services.redis, user.name, f"show-stop-{step.state}", step.stage, detail, request_origin(request)
        )
    return Response(status_code=202)


def _step(services: ConsoleServices, user: User, body: ShowStopRequest) -> ShowStop:
    settings = services.venue.section(SHOW_STOP)
    current = services.part(ShowStopView).of(body.stage)
    id, now = EventId(f"{user.name}/{body.id}"), datetime.now(UTC)
    match body.action:
        case "propose":
            return propose(
                current, settings, id=id, stage=body.stage, trigger=body.trigger, by=user.name, now=now, note=body.note
            )
        case "confirm":
            return confirm(
                current, settings, id=id, proposal=body.proposal, by=user.name, now=now, checked=body.checked,
                note=body.note,
            )  # fmt: skip
        case "call-off":
            return call_off(current, id=id, by=user.name, now=now, note=body.note)
