"""Shift hand-over: a note with the state of the control room, signed by who hands over and who takes over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from console.authentication import ActingUser, CurrentUser, User, require_role
from console.features.alerts.alert_feed import AlertFeed
from console.requests import RequestId, decode_body, redis_required, request_origin
from console.services import ConsoleServices, Services
from stream.stores import audit
from stream.stores.handovers import HandoverNote, HandoverStore, ShiftAction, ShiftLine, SignedNote, shift_begin

router = APIRouter()

LONGEST_SHIFT_HOURS = 12.0
MAX_ACTIONS = 400
"""Actions in a note; of more, the oldest are counted."""

NOT_REPORTED = ("login", "logout", "evidence-", "notification-", "account-", "token-")
"""Entries of the audit log that are no work on the event."""


class HandoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to hand over; `to` is the account of who takes over."""

    id: RequestId
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""


class TakeoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to take over; `note` is the id of the note that was read."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@router.get("/handover", response_class=HTMLResponse)
async def handover(request: Request, user: CurrentUser, services: Services, note: str = "") -> HTMLResponse:
    """Show a note, or how one would read now; and the notes before."""
    require_role(user, "security")
    store = HandoverStore(services.redis)
    with redis_required():
        latest = await store.latest()
        shown = await store.get(note) if note else SignedNote(note=await _current(services, user, latest, "", "", ""))
        people = [one.name for one in await services.accounts.all() if {"security", "admin"} & set(one.roles)]
    if shown is None:
        raise HTTPException(404, "this note is not kept any more")
    words = services.words[services.language(request)]
    return services.page(
        request, "alerts/handover.html", user,
        shown=shown, is_draft=not note, latest=latest,
        measures=[_phrase(words, line) for line in shown.note.measures],
        waiting=[one for one in latest if one.taken is None and one.note.to == user.name],
        people=[name for name in people if name != user.name],
        places=services.zone_titles(),
        state={"note": shown.note.id},
    )  # fmt: skip


@router.post("/api/handover")
async def hand_over(request: Request, user: ActingUser, services: Services) -> Response:
    """Sign a note of the state as it is now."""
    require_role(user, "security")
    body = await decode_body(request, HandoverRequest)
    store = HandoverStore(services.redis)
    with redis_required():
        account = await services.accounts.get(body.to)
        if account is None or body.to == user.name or not {"security", "admin"} & set(account.roles):
            raise HTTPException(422, "another person with the role security must take over")
        note = await _current(services, user, await store.latest(), f"{user.name}-{body.id}", body.to, body.text)
        if await store.add(note):
            await audit.record(
                services.redis,
                user.name,
                "handover-signed",
                note.id,
                f"to {note.to}: {note.text}",
                request_origin(request),
            )
    return Response(msgspec.json.encode({"note": note.id}), media_type="application/json")


@router.post("/api/handover/take")
async def take_over(request: Request, user: ActingUser, services: Services) -> Response:
    """Sign that one takes over; only the person whom the note names can."""
    require_role(user, "security")
    body = await decode_body(request, TakeoverRequest)
    store = HandoverStore(services.redis)
    with redis_required():
        signed = await store.get(body.note)
        if signed is None:
            raise HTTPException(404, "this note is not kept any more")
        if signed.note.to != user.name:
            raise HTTPException(403, f"{signed.note.to} must sign this note")
        if await store.take_over(signed.note.id, user.name, datetime.now(UTC)):
            await audit.record(
                services.redis, user.name, "handover-taken", signed.note.id, f"from {signed.note.by}",
                request_origin(request),
            )  # fmt: skip
    return Response(status_code=202)


async def _current(
    services: ConsoleServices, user: User, latest: list[SignedNote], id: str, to: str, text: str
) -> HandoverNote:
    now = datetime.now(UTC)
    begins = shift_begin(latest, now, LONGEST_SHIFT_HOURS)
    _, alerts = await services.part(AlertFeed).snapshot(user)
    entries = await audit.since(services.redis, begins)
    actions = [entry for entry in entries if not entry.what.startswith(NOT_REPORTED)]
    return HandoverNote(
        id=id, begins=begins, written_at=now, by=user.name, to=to, text=text.strip(), alerts=tuple(alerts),
        measures=tuple(
            ShiftLine(word=word, values=dict(values))
            for feature in services.features
            for word, values in feature.shift_report(services)
        ),
        actions=tuple(
            ShiftAction(time=one.time, who=one.who, what=one.what, subject=one.subject, detail=one.detail)
            for one in actions[-MAX_ACTIONS:]
        ),
        omitted=max(0, len(actions) - MAX_ACTIONS),
    )  # fmt: skip


def _phrase(words: Mapping[str, str], line: ShiftLine) -> str:
    phrase = words.get(line.word, line.word)
    for name, value in line.values.items():
        phrase = phrase.replace(f"{{{name}}}", value)
    return phrase
