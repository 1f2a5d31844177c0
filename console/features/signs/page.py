"""The page of all signs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.signs.view import CHANNEL, ROLES
from console.services import Services

router = APIRouter()


@router.get("/signs", response_class=HTMLResponse)
async def signs(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show every sign, and what security can do with it."""
    require_role(user, *ROLES)
    return services.page(request, "signs/signs.html", user, channel=CHANNEL)
