"""The page of queues: people waiting, and for how long."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.queues.view import CHANNEL, ROLES
from console.services import Services

router = APIRouter()


@router.get("/queues", response_class=HTMLResponse)
async def queues(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show every queue, the longest wait first."""
    require_role(user, *ROLES)
    return services.page(request, "queues/queues.html", user, channel=CHANNEL)
