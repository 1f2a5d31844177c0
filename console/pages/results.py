"""The pages of the bars, of support, of the stages and of the cameras: each shows one view, live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from console.authentication import Visitor, asking, need
from console.services import House, house

router = APIRouter()
SERVICE_WORKER = Path(__file__).parent.parent / "static" / "service_worker.js"
Parts = Annotated[House, Depends(house)]
Someone = Annotated[Visitor, Depends(asking)]


@router.get("/bar/service_worker.js")
async def service_worker() -> FileResponse:
    """The script that opens bars without a network; its own path is what it may rule over."""
    return FileResponse(SERVICE_WORKER, media_type="text/javascript")


@router.get("/bar/{name}", response_class=HTMLResponse)
async def bar(request: Request, name: str, visitor: Someone, parts: Parts) -> HTMLResponse:
    """What one bar must fetch."""
    known = [bar.id for bar in parts.venue.bars]
    if name not in known:
        raise HTTPException(404, f"the venue file has no bar {name!r}; it has {', '.join(known) or 'none'}")
    if not visitor.may_bar(name):
        raise HTTPException(403, f"the bar {name} is not yours")
    return parts.page(request, "bar", visitor, _shown(parts, f"bar:{name}"), bar=name)


@router.get("/support", response_class=HTMLResponse)
async def support(request: Request, visitor: Someone, parts: Parts) -> HTMLResponse:
    """What people write."""
    need(visitor, "support")
    public = f"{(parts.settings.console_public or str(request.base_url)).rstrip('/')}/faq"
    return parts.page(request, "support", visitor, _shown(parts, "support"), public=public)


@router.get("/music", response_class=HTMLResponse)
async def music(request: Request, visitor: Someone, parts: Parts) -> HTMLResponse:
    """What is heard."""
    need(visitor, "production")
    return parts.page(request, "music", visitor, _shown(parts, "music"))


@router.get("/cameras", response_class=HTMLResponse)
async def cameras(request: Request, visitor: Someone, parts: Parts) -> HTMLResponse:
    """Every camera's small live picture."""
    need(visitor, "security")
    more = {"zones": parts.results.zones.state(), "plan": parts.plan(), "places": parts.places()}
    return parts.page(request, "cameras", visitor, _shown(parts, "cameras") | more)


@router.get("/camera/{name}")
async def camera(name: str, visitor: Someone, parts: Parts) -> Response:
    """The small picture of one camera, as it is now."""
    need(visitor, "security")
    picture = parts.wall.picture(name)
    if picture is None:
        raise HTTPException(404, "nothing came from this camera since somebody looks")
    return Response(picture, media_type="image/jpeg")


@router.get("/api/now/{channel}")
async def now(channel: str, visitor: Someone, parts: Parts) -> Response:
    """What a page shows now, for programs: zones, support, music or bar:NAME."""
    from console.pages.live import may_hear  # noqa: PLC0415

    known = {"zones", "support", "music", *(f"bar:{bar.id}" for bar in parts.venue.bars)}
    if channel not in known:
        raise HTTPException(404, f"there are {', '.join(sorted(known))}")
    if not may_hear(visitor, channel):
        raise HTTPException(403, "this is not for your role")
    return Response(parts.state(channel), media_type="application/json")


def _shown(parts: House, channel: str) -> dict[str, Any]:
    return {"channel": channel, "now": msgspec.Raw(parts.state(channel))}
