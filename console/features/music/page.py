"""The music page: mood, genre, tempo and loudness of each stage."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.music.view import CHANNEL
from console.services import Services

router = APIRouter()


@router.get("/music", response_class=HTMLResponse)
async def music(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show every stage."""
    require_role(user, "production")
    return services.page(request, "music/music.html", user, channel=CHANNEL)
