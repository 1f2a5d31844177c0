"""Decisions of production: approve or decline a price, add or remove a mark; each is in the audit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from redis.exceptions import RedisError

from console.authentication import ActingUser, require_role
from console.features.tickets.view import ROLES, TicketsView
from console.requests import RequestId, decode_body, request_origin
from console.services import ConsoleServices, Services
from processors.tickets.sales import problem_of_mark
from schemas.documents import request_body
from schemas.fields import NAMED
from schemas.tickets import TICKET_ACTIONS, TICKETS, MarkKind, SaleEventId, TicketAction, TicketMark, TicketTypeId
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()


class PriceDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a decision on a proposed price.

    Attributes:
        id: made by the browser; sent again under the same id, the decision is made once.
        proposal: id of the proposal that the person saw; when another has taken its place, nothing is done.
    """

    id: RequestId
    event: Annotated[SaleEventId, NAMED]
    type: Annotated[TicketTypeId, NAMED]
    proposal: Annotated[str, NAMED]
    decision: Literal["approve", "decline"]


class MarkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a mark, or of its removal.

    Attributes:
        id: made by the browser.
        mark: id of a mark that is removed; a new one has the id of the request.
    """

    id: RequestId
    event: Annotated[SaleEventId, NAMED]
    kind: MarkKind = "other"
    day: date | None = None
    text: Annotated[str, msgspec.Meta(max_length=120)] = ""
    mark: Annotated[str, NAMED] | None = None


@router.post("/api/tickets/prices", openapi_extra={"requestBody": request_body(PriceDecision)})
async def decide(request: Request, user: ActingUser, services: Services) -> Response:
    """Send a decision to the worker; 409 when the proposal is not open any more."""
    require_role(user, *ROLES)
    body = await decode_body(request, PriceDecision)
    proposal = services.part(TicketsView).proposal(body.event, body.type)
    if proposal is None or proposal.id != body.proposal:
        raise HTTPException(409, "this proposal is not open any more")
    now = datetime.now(UTC)
    action = TicketAction(
        id=f"{user.name}/{body.id}", event=body.event, kind=body.decision, time=now, by=user.name, type=body.type,
        proposal=body.proposal,
    )  # fmt: skip
    subject = f"{body.event}/{body.type}"
    detail = f"{proposal.cents} ({proposal.reason}), {proposal.id}"
    await _send(services, action, f"ticket-price-{body.decision}", subject, detail, request_origin(request))
    return Response(status_code=202)


@router.post("/api/tickets/marks", openapi_extra={"requestBody": request_body(MarkRequest)})
async def mark(request: Request, user: ActingUser, services: Services) -> Response:
    """Add a mark to an event, or remove one."""
    require_role(user, *ROLES)
    body = await decode_body(request, MarkRequest)
    if not services.part(TicketsView).knows(body.event):
        raise HTTPException(422, f"there is no event {body.event!r}")
    now = datetime.now(UTC)
    if body.mark is None and body.day is None:
        raise HTTPException(422, "a mark needs a day")
    one = TicketMark(id=body.mark or body.id, kind=body.kind, day=body.day or now.date(), text=body.text)
    event = next((known for known in services.venue.section(TICKETS).events if known.id == body.event), None)
    if event is not None and body.mark is None and (problem := problem_of_mark(one, event)):
        raise HTTPException(422, problem)
    kind: Literal["mark", "unmark"] = "mark" if body.mark is None else "unmark"
    action = TicketAction(id=f"{user.name}/{body.id}", event=body.event, kind=kind, time=now, by=user.name, mark=one)
    detail = f"{one.id} {one.kind} {one.day} {one.text}"
    await _send(services, action, f"ticket-{kind}", body.event, detail, request_origin(request))
    return Response(status_code=202)


async def _send(
    services: ConsoleServices, action: TicketAction, what: str, subject: str, detail: str, origin: str
) -> None:
    """Write an action and its entry in the audit.

    Raises:
        HTTPException: Kafka or Redis does not answer (503).
    """
    try:
        await services.writer.send(
            TICKET_ACTIONS, key=action.event, record=action, id=action.id, by=action.by, time=action.time
        )
        await audit.record(services.redis, action.by, what, subject, detail, origin)
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; try again") from error
