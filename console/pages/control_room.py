"""The control room: open alerts live, worst first, what people do with them, and the zones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from redis.exceptions import RedisError

from console.alert_steps import last_step
from console.authentication import Visitor, acting, asking
from console.requests import body_of
from console.services import House, house
from processors.alerts.alarm import VERDICT_OF_ACTION
from schemas.alerts import ACTIONS, Alert, AlertAction, AlertVerb
from schemas.documents import request_body
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit
from stream.stores.alert_store import OPEN

router = APIRouter()
Parts = Annotated[House, Depends(house)]


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What a page sends when somebody acts.

    Attributes:
        id: made by the browser; sent again under the same id, it is done once.
        alert: id of the alert that the person saw; when another has taken its key meanwhile, nothing is done.
    """

    id: Annotated[str, msgspec.Meta(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    alert: str
    action: AlertVerb
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    to: Annotated[str, msgspec.Meta(max_length=100)] = ""


@router.get("/", response_class=HTMLResponse)
async def control_room(request: Request, visitor: Annotated[Visitor, Depends(asking)], parts: Parts) -> HTMLResponse:
    """The page, with what is open now; its script keeps it so."""
    away = False
    try:
        cursor, alerts = await parts.alerts.snapshot(visitor)
        people = await _people(parts, visitor)
    except (RedisError, OSError):
        cursor, alerts, people, away = "", [], [visitor.name], True
    with_zones = visitor.may("security", "production")
    return parts.page(
        request,
        "control_room",
        visitor,
        {
            "cursor": cursor,
            "alerts": alerts,
            "people": people,
            "zones": parts.results.zones.state() if with_zones else None,
            "places": parts.places(),
            "evidence": visitor.may("security"),
            "plan": parts.plan(),
        },
        away=away,
        with_zones=with_zones,
        rules=sorted(parts.venue.rules),
    )


@router.post("/api/alerts/act", openapi_extra={"requestBody": request_body(Deed)})
async def act(request: Request, visitor: Annotated[Visitor, Depends(acting)], parts: Parts) -> Response:
    """Send one action to whoever owns the alert's life; 409 when the alert is over and this is no verdict."""
    deed = await body_of(request, Deed)
    try:
        row = await parts.redis.hget(OPEN, deed.key)
    except (RedisError, OSError) as error:
        raise HTTPException(503, "Redis does not answer; try again") from error
    alert = msgspec.json.decode(row, type=Alert) if row else None
    if alert is None or alert.id != deed.alert:
        alert = await _over(parts, visitor, deed)
    if not visitor.sees(alert):
        raise HTTPException(403, "this alert is not for your role")
    now = datetime.now(UTC)
    action = AlertAction(
        id=f"{visitor.name}/{deed.id}",
        key=deed.key,
        action=deed.action,
        by=visitor.name,
        time=now,
        note=deed.note,
        to=(deed.to or visitor.name) if deed.action == "assign" else None,
        alert=alert.id,
    )
    try:
        await parts.records.send(ACTIONS, key=action.key, record=action, id=action.id, by=visitor.name, time=now)
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error
    origin = request.client.host if request.client else ""
    detail = " ".join(part for part in (alert.id, action.to, action.note) if part)
    await audit.record(parts.redis, visitor.name, f"alert-{deed.action}", deed.key, detail, origin)
    return Response(status_code=202)


async def _over(parts: House, visitor: Visitor, deed: Deed) -> Alert:
    """The alert of a deed that comes after its end: only a verdict still means something then."""
    if deed.action not in VERDICT_OF_ACTION:
        raise HTTPException(409, "this alert is no longer open")
    try:
        alert = await last_step(parts.redis, visitor, deed.alert)
    except (RedisError, OSError) as error:
        raise HTTPException(503, "Redis does not answer; try again") from error
    if alert is None or alert.key != deed.key:
        raise HTTPException(409, "this alert is no longer kept")
    return alert


async def _people(parts: House, visitor: Visitor) -> list[str]:
    """Whom an alert can be given to: everybody with an account, and who asks."""
    return sorted({visitor.name, *(account.name for account in await parts.accounts.all())})
