"""Public endpoints for taste: likes, genres and imported plays in, recommended acts out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct

from console.features.recommendations.view import RecommendationView
from console.pseudonyms import Token, pseudonym
from console.request_limit import RequestLimit
from console.requests import decode_body, request_origin
from console.services import ConsoleServices, Services
from processors.recommendations.listening_exports import ExportError, plays_by_artist
from schemas.ids import EventId, ListenerId
from schemas.programme import PROGRAMME
from schemas.recommendations import TASTE_EVENTS, RecommendationList, TasteEvent
from stream.runtime.producer import NotDeliveredError

router = APIRouter()

ANSWER_SECONDS = 5.0
"""Time to wait for the worker."""

IMPORT_PATH = "/api/taste/import"

MAX_EXPORT_BYTES = 30 * 1024 * 1024
"""Longest listening history: ten years of Spotify are some ten files of 12 MB."""

MAX_IMPORTED_ARTISTS = 200
"""Artists of an import that are sent, the most played ones."""

Kind = Literal["like", "dislike", "undo", "genre", "play", "forget"]


class TasteLimit(RequestLimit):
    """Requests a minute of a phone, and of an address."""

    name = "taste"
    max_requests = (60, 1200)


class TasteChange(Struct, frozen=True, forbid_unknown_fields=True):
    """One like, dislike or other statement; `value` is an act, genre or artist, and empty for `forget`."""

    kind: Kind
    value: Annotated[str, Meta(max_length=200)] = ""


class TasteRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a request; without a token the answer brings a new one."""

    changes: Annotated[tuple[TasteChange, ...], Meta(min_length=1, max_length=50)]
    token: Token | None = None


@router.post("/api/taste")
async def change_taste(request: Request, services: Services) -> Response:
    """Apply changes and return the recommended acts.

    Raises:
        HTTPException: 422 the body is not valid, or an act is unknown; 429 too many requests; 503 no answer in time.
    """
    asked = await decode_body(request, TasteRequest)
    token = asked.token or secrets.token_urlsafe(24)
    await _check_limit(request, services, token)
    acts = {act.id for act in services.venue.section(PROGRAMME).acts}
    for change in asked.changes:
        if change.kind in ("like", "dislike", "undo") and change.value not in acts:
            raise HTTPException(422, f"the programme has no act {change.value!r}")
        if change.kind in ("genre", "play") and not change.value.strip():
            raise HTTPException(422, f"a {change.kind} needs a value")
    return await _recommended(services, token, [(one.kind, one.value, 1.0) for one in asked.changes])


@router.post(IMPORT_PATH)
async def import_plays(request: Request, services: Services, token: str = "") -> Response:
    """Add the plays of a Last.fm (CSV) or Spotify (JSON) export, the body of the request.

    Raises:
        HTTPException: 413 the file is too long; 422 it can't be read, or the token is invalid; 429; 503.
    """
    token = token or secrets.token_urlsafe(24)
    try:
        msgspec.convert(token, Token)
    except msgspec.ValidationError as error:
        raise HTTPException(422, f"token: {error}") from error
    await _check_limit(request, services, token)  # before megabytes are read
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_EXPORT_BYTES:
            most = MAX_EXPORT_BYTES // 2**20
            raise HTTPException(413, f"the file is longer than {most} MB; send one part of the export")
    try:
        plays = await asyncio.to_thread(plays_by_artist, bytes(data))
    except ExportError as error:
        raise HTTPException(422, str(error)) from error
    played = list(plays.items())[:MAX_IMPORTED_ARTISTS]
    return await _recommended(services, token, [("play", artist, count) for artist, count in played])


async def _check_limit(request: Request, services: ConsoleServices, token: str) -> None:
    if wait := await services.part(TasteLimit).wait_seconds(token, request_origin(request)):
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})


async def _recommended(services: ConsoleServices, token: str, changes: Sequence[tuple[Kind, str, float]]) -> Response:
    chosen = await _send(services, pseudonym(token), changes)
    names = {act.id: act.name for act in services.venue.section(PROGRAMME).acts}
    acts = [
        {"act": one.act, "name": names.get(one.act, one.act), "reason": one.reason, "because": one.because}
        for one in chosen.acts
    ]
    others = {one.id: one for one in services.venue.section(PROGRAMME).festivals}
    festivals = [
        {"festival": one.festival, "name": others[one.festival].name, "when": others[one.festival].when,
         "place": others[one.festival].place, "acts": one.acts, "reason": one.reason, "because": one.because}
        for one in chosen.festivals
        if one.festival in others
    ]  # fmt: skip
    answer = {"token": token, "acts": acts, "festivals": festivals}
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def _send(
    services: ConsoleServices, listener: ListenerId, changes: Sequence[tuple[Kind, str, float]]
) -> RecommendationList:
    """Send the changes and return the list that follows the last of them.

    Raises:
        HTTPException: 503 Kafka or the worker does not answer.
    """
    now = datetime.now(UTC)
    events = [
        TasteEvent(
            id=EventId(secrets.token_urlsafe(12)), listener=listener, time=now, kind=kind, value=value, plays=plays
        )
        for kind, value, plays in changes
    ]
    with services.part(RecommendationView).pending.expect(events[-1].id) as chosen:
        try:
            await asyncio.gather(
                *(
                    services.writer.send(TASTE_EVENTS, key=listener, record=event, id=event.id, by="attendee", time=now)
                    for event in events
                )
            )
        except NotDeliveredError as error:
            raise HTTPException(503, "not sent; try again") from error
        try:
            return await asyncio.wait_for(chosen, ANSWER_SECONDS)
        except TimeoutError as error:
            raise HTTPException(503, "the list did not come in time; try again") from error
