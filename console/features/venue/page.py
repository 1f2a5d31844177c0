"""The editor's page, and its API: check, draft, publish and roll back. Addresses leave without their passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from console.authentication import ActingUser, CurrentUser, require_role
from console.features.cameras.camera_wall import CHANNEL
from console.requests import decode_body, redis_required, request_origin
from console.services import Services
from processors.venue.consequences import consequences
from processors.venue.difference import ABSENT, Change, path_text
from schemas.addresses import without_passwords
from schemas.documents import request_body
from stream.stores import audit
from stream.stores.venue_versions import Choice, Proposal, VenueVersionError, VenueVersions, hide_passwords

router = APIRouter()

MAX_VENUE_BYTES = 1024 * 1024
"""Longest content that is taken; a hundred cameras have some hundred kilobytes."""

LONG_PATHS = ("/api/venue/check", "/api/venue/draft", "/api/venue/publish")

MAX_AUDITED_CHANGES = 20
"""Changes whose fields are named in one entry of the audit."""

P = ParamSpec("P")
R = TypeVar("R")

VersionText = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]


class VenueDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request with a content of the editor.

    Attributes:
        base: version that the content began with.
        content: fields of the file.
        choices: side that was chosen in each conflict, by the path of the own change.
        note: text for those who look at the versions.
    """

    base: VersionText
    content: dict[str, Any]
    choices: dict[str, Choice] = {}
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class RollBack(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to put an earlier version into use.

    Attributes:
        seen: version that was in use when the person decided.
    """

    version: VersionText
    seen: VersionText


@router.get("/venue", response_class=HTMLResponse)
async def venue_page(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the editor with the file in use, or the person's draft."""
    require_role(user, "admin")
    versions = services.part(VenueVersions)
    document = await _run(versions.keep_current)
    draft = await _run(versions.draft, user.name)
    state = {
        "version": document.version,
        "content": hide_passwords(document.content),
        "draft": None if draft is None else {**msgspec.structs.asdict(draft), "content": hide_passwords(draft.content)},
        "log": await _run(versions.log),
    }
    return services.page(request, "venue/venue.html", user, channel=CHANNEL, state=state)


@router.get("/api/venue/file")
async def venue_file(user: CurrentUser, services: Services) -> Response:
    """Return the file in use, without the passwords in its addresses."""
    require_role(user, "admin")
    document = await _run(services.part(VenueVersions).current)
    text = "\n".join(without_passwords(line) for line in document.text.split("\n"))
    name = {"Content-Disposition": 'attachment; filename="venue.yaml"'}
    return Response(text, media_type="application/yaml", headers=name)


@router.post("/api/venue/check", openapi_extra={"requestBody": request_body(VenueDraft)})
async def check(request: Request, user: ActingUser, services: Services) -> Response:
    """Return the difference to the file in use, conflicts, mistakes, and the processes that it concerns."""
    require_role(user, "admin")
    body = await decode_body(request, VenueDraft, MAX_VENUE_BYTES)
    return _json(await _run(services.part(VenueVersions).propose, body.base, body.content, body.choices))


@router.post("/api/venue/draft", openapi_extra={"requestBody": request_body(VenueDraft)})
async def save_draft(request: Request, user: ActingUser, services: Services) -> Response:
    """Save the person's draft."""
    require_role(user, "admin")
    body = await decode_body(request, VenueDraft, MAX_VENUE_BYTES)
    await _run(services.part(VenueVersions).save_draft, user.name, body.base, body.content)
    return Response(status_code=204)


@router.post("/api/venue/discard")
async def discard(user: ActingUser, services: Services) -> Response:
    """Remove the person's draft."""
    require_role(user, "admin")
    await _run(services.part(VenueVersions).discard_draft, user.name)
    return Response(status_code=204)


@router.post("/api/venue/publish", openapi_extra={"requestBody": request_body(VenueDraft)})
async def publish(request: Request, user: ActingUser, services: Services) -> Response:
    """Put a content into use; 409 with the proposal where somebody must decide or correct something first."""
    require_role(user, "admin")
    body = await decode_body(request, VenueDraft, MAX_VENUE_BYTES)
    versions = services.part(VenueVersions)
    proposal = await _run(versions.publish, body.base, body.content, by=user.name, note=body.note, choices=body.choices)
    if not proposal.is_publishable:
        return _json(proposal, 409)
    await _run(versions.discard_draft, user.name)
    await _audit(services, request, user.name, "venue-published", proposal.changes)
    return _json(proposal)


@router.post("/api/venue/rollback", openapi_extra={"requestBody": request_body(RollBack)})
async def roll_back(request: Request, user: ActingUser, services: Services) -> Response:
    """Put an earlier version into use."""
    require_role(user, "admin")
    body = await decode_body(request, RollBack)
    changes = await _run(services.part(VenueVersions).roll_back, body.version, body.seen, by=user.name)
    await _audit(services, request, user.name, "venue-rolled-back", tuple(changes))
    return Response(_encode({"consequences": consequences(changes)}), media_type="application/json")


async def _run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function of the store in a thread.

    Raises:
        HTTPException: it can't be done now (409); the reason says what to do.
    """
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except VenueVersionError as error:
        raise HTTPException(409, without_passwords(str(error))) from error


async def _audit(services: Services, request: Request, name: str, what: str, changes: tuple[Change, ...]) -> None:
    """Record who changed which fields; values may be private, so they are left out."""
    fields = [f"{one.kind} {path_text(one.path)}" for one in changes]
    more = f"; and {len(fields) - MAX_AUDITED_CHANGES} more" if len(fields) > MAX_AUDITED_CHANGES else ""
    detail = "; ".join(fields[:MAX_AUDITED_CHANGES]) + more
    version = (await _run(services.part(VenueVersions).current)).version
    with redis_required():
        await audit.record(services.redis, name, what, version, detail, request_origin(request))


def _json(proposal: Proposal, status_code: int = 200) -> Response:
    answer = {
        "current": proposal.current,
        "changes": [_change(one) for one in proposal.changes],
        "others": [_change(one) for one in proposal.others],
        "conflicts": [{"mine": _change(one.mine), "theirs": _change(one.theirs)} for one in proposal.conflicts],
        "mistakes": proposal.mistakes,
        "lost": proposal.lost,
        "consequences": consequences(proposal.changes),
        "publishable": proposal.is_publishable,
    }
    return Response(_encode(answer), status_code, media_type="application/json")


def _change(change: Change) -> dict[str, object]:
    """Return a change as the page shows it; a side that is absent is left out."""
    sides = {"before": change.before, "after": change.after}
    shown = {name: hide_passwords(value) for name, value in sides.items() if value is not ABSENT}
    return {"path": path_text(change.path), "kind": change.kind, **shown}


def _encode(answer: object) -> bytes:
    return msgspec.json.encode(answer)
