"""The page of what moved people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.moments.view import CHANNEL, ROLES
from console.services import Services

router = APIRouter()


@router.get("/moments", response_class=HTMLResponse)
async def moments(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show posts of each set by minute, beside crowd, sales and sound."""
    require_role(user, *ROLES)
    return services.page(request, "moments/moments.html", user, channel=CHANNEL)
