"""The page of a bar, which also opens without a network."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse

from console.authentication import CurrentUser
from console.features.bars.view import channel_of
from console.registry import STATIC
from console.services import Services
from schemas.ids import BarId

router = APIRouter()


@router.get("/bar/service_worker.js")
async def service_worker() -> FileResponse:
    """Return the script that opens the pages below `/bar/` without a network; its path bounds what it controls."""
    return FileResponse(STATIC / "service_worker.js", media_type="text/javascript")


@router.get("/bar/{name}", response_class=HTMLResponse)
async def bar(request: Request, name: str, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the stock and forecast of one bar."""
    bar_id, bars = BarId(name), [bar.id for bar in services.venue.bars]
    if bar_id not in bars:
        raise HTTPException(404, f"the venue file has no bar {name!r}; it has {', '.join(bars) or 'none'}")
    if not user.works_at_bar(bar_id):
        raise HTTPException(403, f"the bar {name} is not one of your bars")
    return services.page(request, "bars/bar.html", user, channel=channel_of(bar_id), bar=bar_id)
