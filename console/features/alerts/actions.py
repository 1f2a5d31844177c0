"""Actions on alerts: acknowledge, assign, note, shelve, resolve, and verdicts, also on alerts that have ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from console.authentication import ActingUser, User
from console.features.alerts.alert_history import last_step
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import ConsoleServices, Services
from processors.alerts.alarm import VERDICT_OF_ACTION
from processors.alerts.shelving import ShelvingError, check_shelving
from schemas.alerts import ACTIONS, Alert, AlertAction, AlertVerb
from schemas.control_room import CONTROL_ROOM
from schemas.documents import request_body
from schemas.ids import AlertId, AlertKey, EventId
from stream.features import registry
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit
from stream.stores.alert_store import OPEN

router = APIRouter()


class AlertActionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to act on an alert.

    Attributes:
        id: made by the browser; sent again under the same id, the action is done once.
        alert: id of the alert that the person saw; when another has taken its key meanwhile, nothing is done.
    """

    id: RequestId
    key: Annotated[AlertKey, msgspec.Meta(min_length=1, max_length=200)]
    alert: AlertId
    action: AlertVerb
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    to: Annotated[str, msgspec.Meta(max_length=100)] = ""
    minutes: Annotated[float, msgspec.Meta(gt=0, le=480)] | None = None


@router.post("/api/alerts/act", openapi_extra={"requestBody": request_body(AlertActionRequest)})
async def act(request: Request, user: ActingUser, services: Services) -> Response:
    """Send one action to the alerts worker; 409 when the alert has ended and the action is not a verdict."""
    body = await decode_body(request, AlertActionRequest)
    with redis_required():
        row = await services.redis.hget(OPEN, body.key)
    alert = msgspec.json.decode(row, type=Alert) if row else None
    if alert is None or alert.id != body.alert:
        alert = await _ended_alert(services, user, body)
    if not user.can_see_alert(alert):
        raise HTTPException(403, "this alert is not for your role")
    now = datetime.now(UTC)
    action = AlertAction(
        id=EventId(f"{user.name}/{body.id}"),
        key=body.key,
        action=body.action,
        by=user.name,
        time=now,
        note=body.note,
        to=(body.to or user.name) if body.action == "assign" else None,
        alert=alert.id,
        minutes=body.minutes if body.action == "shelve" else None,
    )
    _check(services, alert, action)
    try:
        await services.writer.send(ACTIONS, key=action.key, record=action, id=action.id, by=user.name, time=now)
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error
    minutes = "" if action.minutes is None else f"{action.minutes:g} min"
    detail = " ".join(part for part in (alert.id, action.to, minutes, action.note) if part)
    await audit.record(services.redis, user.name, f"alert-{body.action}", body.key, detail, request_origin(request))
    return Response(status_code=202)


def _check(services: ConsoleServices, alert: Alert, action: AlertAction) -> None:
    """Refuse what the alerts worker would refuse (422)."""
    if action.action != "shelve":
        return
    rule = registry.rules_by_name().get(alert.rule)
    longest = services.venue.section(CONTROL_ROOM).shelve_longest_minutes
    can_shelve = rule is not None and rule.can_be_shelved(services.venue)
    try:
        check_shelving(action, can_shelve=can_shelve, longest_minutes=longest)
    except ShelvingError as error:
        raise HTTPException(422, str(error)) from error


async def _ended_alert(services: ConsoleServices, user: User, body: AlertActionRequest) -> Alert:
    """Return the alert of an action that comes after its end; only a verdict or the end of shelving counts then."""
    if body.action not in (*VERDICT_OF_ACTION, "unshelve"):
        raise HTTPException(409, "this alert is no longer open")
    with redis_required():
        alert = await last_step(services.redis, user, body.alert)
    if alert is None or alert.key != body.key:
        raise HTTPException(409, "this alert is no longer kept")
    return alert
