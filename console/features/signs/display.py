"""The page that a sign's display shows, its text for displays of other makers, and the displays' signs of life.

Nobody logs in at a sign: reading is public, as everybody on the ground reads it. Only a display that has the token of
PULSO_SIGN_TOKEN, where that is set, is believed when it says what it shows.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from msgspec import Meta, Struct
from redis.exceptions import RedisError

from console.features.signs.view import SignsView
from console.registry import FOLDER
from console.request_limit import RequestLimit
from console.requests import decode_body, request_origin
from console.services import ConsoleServices, Services
from schemas.ids import EventId, SignCommandId, SignId
from schemas.signs import SIGN_STATES, SignSettings, SignState
from stream.runtime.producer import NotDeliveredError

router = APIRouter()

SCRIPT = FOLDER / "features" / "signs" / "service_worker.js"

REPORT_SECONDS = 4.0
"""Interval at which a display's word is passed on; at once when it shows something else."""


class SignLimit(RequestLimit):
    """Requests a minute for one sign from one address, and of an address: displays ask every second."""

    name = "sign"
    max_requests = (240, 12_000)


class StateRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a display's sign of life."""

    shown: Annotated[str, Meta(min_length=1, max_length=200)] | None
    """Id of the command that it shows; None for its default text."""


class DisplayReports:
    """Last sign of life of each sign that was passed on, so that polls of many displays don't fill the topic."""

    def __init__(self) -> None:
        self._last: dict[SignId, tuple[str | None, float]] = {}

    def is_due(self, sign: SignId, shown: str | None) -> bool:
        """Return True if a sign of life must be passed on."""
        before, at = self._last.get(sign, (None, 0.0))
        return sign not in self._last or before != shown or time.monotonic() - at >= REPORT_SECONDS

    def note(self, sign: SignId, shown: str | None) -> None:
        """Note that it was passed on."""
        self._last[sign] = (shown, time.monotonic())


@router.get("/sign/service_worker.js")
async def service_worker() -> FileResponse:
    """Return the script that opens the page of a sign without a network."""
    return FileResponse(SCRIPT, media_type="text/javascript")


@router.get("/sign/{name}", response_class=HTMLResponse)
async def sign_page(request: Request, services: Services, name: str) -> HTMLResponse:
    """Show a sign on the whole screen.

    Raises:
        HTTPException: 404 the venue file has no such sign.
    """
    sign = _sign(services, name)
    text = _text_of(services, sign)
    if not services.results.caught_up.is_set():
        text["now"] = 0  # what the display kept is newer
    return services.page(request, "signs/sign.html", None, state={"sign": text}, sign=sign)


@router.get("/api/sign/{name}")
async def text_of_sign(request: Request, services: Services, name: str) -> Response:
    """Return what a sign is to show, now and next.

    Raises:
        HTTPException: 404 the venue file has no such sign; 429 too many requests; 503 the console has just started.
    """
    sign = _sign(services, name)
    _require_caught_up(services)
    await _check_limit(services, sign, request)
    return Response(msgspec.json.encode(_text_of(services, sign)), media_type="application/json")


@router.post("/api/sign/{name}")
async def report(
    request: Request,
    services: Services,
    name: str,
    x_pulso_sign: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Take a display's sign of life; return what it is to show.

    Raises:
        HTTPException: 403 the token is missing or wrong; 404 the venue file has no such sign; 429 too many requests;
            503 Kafka does not answer, or the console has just started.
    """
    sign = _sign(services, name)
    _require_caught_up(services)
    await _check_limit(services, sign, request)
    token = services.settings.sign_token
    if token is not None and not secrets.compare_digest(x_pulso_sign.encode(), token.get_secret_value().encode()):
        raise HTTPException(403, "the token of this display is missing or wrong: see PULSO_SIGN_TOKEN")
    body = await decode_body(request, StateRequest)
    reports = services.part(DisplayReports)
    if reports.is_due(sign.id, body.shown):
        await _pass_on(services, sign.id, body.shown)
        reports.note(sign.id, body.shown)
    return Response(msgspec.json.encode(_text_of(services, sign)), media_type="application/json")


def _text_of(services: ConsoleServices, sign: SignSettings) -> dict[str, object]:
    return {
        "now": round(time.time() * 1000),
        "default": {"es": sign.default.es, "en": sign.default.en},
        "commands": services.part(SignsView).coming(sign.id),
    }


async def _pass_on(services: ConsoleServices, sign: SignId, shown: str | None) -> None:
    now = datetime.now(UTC)
    event = EventId(f"sign/{sign}/{secrets.token_urlsafe(9)}")
    command = None if shown is None else SignCommandId(shown)
    state = SignState(event_id=event, sign=sign, time=now, shown=command)
    try:
        await services.writer.send(SIGN_STATES, key=sign, record=state, id=event, by="sign", time=now)
    except NotDeliveredError as error:
        raise HTTPException(503, "Kafka does not answer; try again") from error


def _sign(services: ConsoleServices, name: str) -> SignSettings:
    sign = services.part(SignsView).sign(name)
    if sign is None:
        raise HTTPException(404, "there is no such sign")
    return sign


def _require_caught_up(services: ConsoleServices) -> None:
    """Refuse while commands of before the start are read: without them a display would give up a text in force.

    Raises:
        HTTPException: always 503 until then.
    """
    if not services.results.caught_up.is_set():
        raise HTTPException(503, "the console has just started; try again", {"Retry-After": "1"})


async def _check_limit(services: ConsoleServices, sign: SignSettings, request: Request) -> None:
    origin = request_origin(request)
    try:
        wait = await services.part(SignLimit).wait_seconds(f"{sign.id}/{origin}", origin)
    except (RedisError, OSError):
        return  # a sign must change while Redis is away, too
    if wait:
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
