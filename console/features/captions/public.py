"""The public pages of captions: stages, lines of one as they come, subtitles, and the QR code of a page.

Nobody logs in to read what everybody hears.
"""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.exceptions import RedisError

from console.features.captions.view import CaptionsView, ShownLine, encoded, hub_channel
from console.language import Language
from console.live import RETRY_MILLISECONDS, TICK_SECONDS, tick
from console.request_limit import RequestLimit
from console.requests import request_origin
from console.services import ConsoleServices, Services
from processors.captions.webvtt import web_vtt
from schemas.ids import StageId

router = APIRouter()

MAX_OPEN_PAGES = 2_000
"""Pages that get lines at the same time; others are asked to come back."""


class CaptionLimit(RequestLimit):
    """Requests a minute of a phone for one stage, and of an address: a festival network may be one for all."""

    name = "captions"
    max_requests = (60, 12_000)


class OpenPages:
    """Number of public pages that get lines now."""

    def __init__(self) -> None:
        self._number = 0

    @property
    def is_full(self) -> bool:
        """True while no further page can be served."""
        return self._number >= MAX_OPEN_PAGES

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Count a page until the end of the block."""
        self._number += 1
        try:
            yield
        finally:
            self._number -= 1


@router.get("/captions", response_class=HTMLResponse)
async def index(request: Request, services: Services, language: str = "") -> HTMLResponse:
    """Show the stages that have captions."""
    stages = services.part(CaptionsView).stages()
    return services.page(
        request, "captions/stages.html", None, language=_language(request, services, language), stages=stages
    )


@router.get("/captions/{stage}", response_class=HTMLResponse)
async def stage_page(request: Request, services: Services, stage: str, language: str = "") -> HTMLResponse:
    """Show what is said on a stage, in large letters; 404 for a stage without captions."""
    name = _stage(services, stage)
    lines = services.part(CaptionsView).changed_since(name, None)
    return services.page(
        request,
        "captions/captions.html",
        None,
        language=_language(request, services, language),
        state={"stage": name, "lines": lines, "ready": services.results.caught_up.is_set()},
        stage=name,
        address=_address(request, services, name),
    )


@router.get("/captions/{stage}/code.svg")
async def code(request: Request, services: Services, stage: str) -> Response:
    """Return the QR code of a stage's page."""
    out = io.BytesIO()
    segno.make(_address(request, services, _stage(services, stage)), error="m").save(
        out, kind="svg", border=4, light="#fff", dark="#000", xmldecl=False, scale=4
    )
    return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=300"})


@router.get("/captions/{stage}/subtitles.vtt")
async def subtitles(
    services: Services,
    stage: str,
    track: Literal["spoken", "es", "en"] = "spoken",
    begin: datetime | None = None,
    until: datetime | None = None,
) -> Response:
    """Return the lines of a stage as WebVTT, corrected where people corrected them.

    Args:
        services: of the console.
        stage: id of the stage.
        track: language; `spoken` has each line as it was said.
        begin: time of the recording's first picture, which times count from; the begin of the first line if left out.
        until: end of the recording.
    """
    name = _stage(services, stage)
    if any(one is not None and one.tzinfo is None for one in (begin, until)):
        raise HTTPException(422, "begin and until need an offset, as 2026-07-04T20:00:00+02:00")
    lines = [
        line
        for line in services.part(CaptionsView).log.lines(name)
        if (begin is None or line.until > begin) and (until is None or line.begin < until)
    ]
    first = begin or (lines[0].begin if lines else datetime.now(UTC))
    headers = {"Content-Disposition": f'attachment; filename="{name}-{first:%Y%m%d-%H%M}-{track}.vtt"'}
    return Response(web_vtt(lines, first, track), media_type="text/vtt; charset=utf-8", headers=headers)


async def requested_stage(
    request: Request, services: Services, stage: str, phone: Annotated[str, Header(alias="X-Pulso-Phone")] = ""
) -> StageId:
    """Dependency: the stage of a request for lines.

    Raises:
        HTTPException: 404 there is no such stage; 429 too many requests; 503 too many pages, or the console has just
            started.
    """
    name = _stage(services, stage)
    if services.part(OpenPages).is_full:
        raise HTTPException(503, "too many pages are open; try again", {"Retry-After": "5"})
    if not services.results.caught_up.is_set():
        raise HTTPException(503, "the console has just started; try again", {"Retry-After": "1"})
    origin = request_origin(request)
    try:
        wait = await services.part(CaptionLimit).wait_seconds(f"{name}/{origin}/{phone}", origin)
    except (RedisError, OSError):
        wait = 0  # captions go on while Redis is away
    if wait:
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
    return name


@router.get("/captions/{stage}/live", response_class=EventSourceResponse)
async def live(
    services: Services,
    stage: Annotated[StageId, Depends(requested_stage)],
    since: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream lines: first those that the page lacks, then each as it comes; the id of an event is the page's cursor."""
    with services.part(OpenPages).opened(), services.hub.subscribe([hub_channel(stage)]) as updates:
        yield tick(retry=RETRY_MILLISECONDS)
        cursor = _cursor(last_event_id or since)
        missed = services.part(CaptionsView).changed_since(stage, cursor)
        cursor = max([cursor or 0, *(line["changed"] for line in missed)])
        yield _event(missed, cursor)
        ticked = time.monotonic()
        while not updates.too_slow:
            update = await updates.get(max(0.0, TICK_SECONDS - (time.monotonic() - ticked)))
            if update is not None and isinstance(update[1], dict):
                line: ShownLine = update[1]  # type: ignore[assignment]  # only the view publishes on this channel
                cursor = max(cursor, line["changed"])
                yield _event([line], cursor)
            if time.monotonic() - ticked >= TICK_SECONDS:
                ticked = time.monotonic()
                yield tick()


def _event(lines: list[ShownLine], cursor: int) -> ServerSentEvent:
    return ServerSentEvent(event="lines", raw_data=encoded(lines), id=str(cursor))


def _cursor(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _stage(services: ConsoleServices, name: str) -> StageId:
    """Return a stage with captions.

    Raises:
        HTTPException: 404 there is none of this name.
    """
    stage = StageId(name)
    if stage not in services.part(CaptionsView).stages():
        raise HTTPException(404, "there are no captions of such a stage")
    return stage


def _address(request: Request, services: ConsoleServices, stage: StageId) -> str:
    """Return the address at which phones open a stage's page."""
    return f"{(services.settings.console_public or str(request.base_url)).rstrip('/')}/captions/{stage}"


def _language(request: Request, services: ConsoleServices, requested: str) -> Language:
    return requested if requested in services.words else services.language(request)
