"""Actions of people on signs: set or propose a text, approve a proposal, withdraw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct
from msgspec.structs import replace

from console.authentication import ActingUser, User, require_role
from console.features.signs.view import ROLES, SignsView
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import ConsoleServices, Services
from processors.signs.audit import audit_words
from schemas.documents import request_body
from schemas.fields import identifier
from schemas.ids import EventId, SignCommandId, SignId
from schemas.signs import (
    MAX_HOURS,
    SIGN_COMMANDS,
    Arrow,
    Line,
    SignCommand,
    SignPriority,
    SignSettings,
    SignStatus,
    SignText,
)
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class SetRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a request to set a text by hand.

    Attributes:
        id: made by the browser; sent again under the same id, the text is set once.
        propose: another person approves it before it is shown.
    """

    id: RequestId
    sign: Name
    es: Line
    en: Line
    arrow: Arrow = "none"
    priority: SignPriority
    minutes: Annotated[float, Meta(gt=0, le=MAX_HOURS * 60)]
    propose: bool = False


class CommandRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a request to approve or withdraw a command."""

    id: RequestId
    command: Name


@router.post("/api/signs/set", openapi_extra={"requestBody": request_body(SetRequest)})
async def set_text(request: Request, user: ActingUser, services: Services) -> Response:
    """Set or propose a text; 404 for an unknown sign, 422 for an arrow that it has not."""
    require_role(user, *ROLES)
    body = await decode_body(request, SetRequest)
    sign = _sign(services, body.sign)
    if body.arrow != "none" and body.arrow not in sign.arrows:
        raise HTTPException(422, f"the sign {sign.id} has no arrow {body.arrow}")
    now = datetime.now(UTC)
    command = SignCommand(
        id=SignCommandId(identifier(f"{user.name}/{body.id}")),
        sign=sign.id,
        status="proposed" if body.propose else "active",
        text=SignText(es=body.es, en=body.en),
        arrow=body.arrow,
        priority=body.priority,
        begin=now,
        until=now + timedelta(minutes=body.minutes),
        time=now,
        by=user.name,
    )
    return await _write(request, services, user, command)


@router.post("/api/signs/approve", openapi_extra={"requestBody": request_body(CommandRequest)})
async def approve(request: Request, user: ActingUser, services: Services) -> Response:
    """Show what was proposed from now on; 409 when it is no longer proposed."""
    require_role(user, *ROLES)
    body = await decode_body(request, CommandRequest)
    now = datetime.now(UTC)
    command = _known(services, body.command)
    if command.status != "proposed" or command.until <= now:
        raise HTTPException(409, "this is no longer proposed")
    if command.alert is None:
        # What a person proposed is shown for as long as that person said.
        command = replace(command, until=now + (command.until - command.begin))
    return await _write(request, services, user, _changed(command, "active", user, now))


@router.post("/api/signs/withdraw", openapi_extra={"requestBody": request_body(CommandRequest)})
async def withdraw(request: Request, user: ActingUser, services: Services) -> Response:
    """End a text or a proposal for good; 409 when it has ended."""
    require_role(user, *ROLES)
    body = await decode_body(request, CommandRequest)
    now = datetime.now(UTC)
    command = _known(services, body.command)
    if command.status == "withdrawn" or command.until <= now:
        raise HTTPException(409, "this has ended already")
    return await _write(request, services, user, _changed(command, "withdrawn", user, now))


def _sign(services: ConsoleServices, name: str) -> SignSettings:
    sign = services.part(SignsView).sign(name)
    if sign is None:
        raise HTTPException(404, f"the venue file has no sign {name!r}")
    return sign


def _known(services: ConsoleServices, command: str) -> SignCommand:
    known = services.part(SignsView).schedules.get(SignCommandId(command))
    if known is None or services.part(SignsView).sign(SignId(known.sign)) is None:
        raise HTTPException(404, "there is no such text")
    return known


def _changed(command: SignCommand, status: SignStatus, user: User, now: datetime) -> SignCommand:
    begin = now if status == "active" else command.begin
    return replace(command, status=status, begin=begin, time=now, by=user.name)


async def _write(request: Request, services: ConsoleServices, user: User, command: SignCommand) -> Response:
    """Send a command and add it to the audit log.

    Raises:
        HTTPException: 503 Kafka or Redis does not answer.
    """
    name = EventId(identifier(f"{command.id}/{command.status}"))
    try:
        await services.writer.send(
            SIGN_COMMANDS, key=command.id, record=command, id=name, by=user.name, time=command.time
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error
    with redis_required():
        await audit.record(services.redis, user.name, *audit_words(command), request_origin(request))
    return Response(msgspec.json.encode({"command": command.id}), 202, media_type="application/json")
