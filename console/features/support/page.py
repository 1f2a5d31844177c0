"""The support page: clusters of mails that ask the same, the mails, and suggested replies."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.support.view import CHANNEL
from console.services import Services

router = APIRouter()


@router.get("/support", response_class=HTMLResponse)
async def support(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the clusters and mails, and the address of the public FAQ page."""
    require_role(user, "support")
    faq_address = f"{(services.settings.console_public or str(request.base_url)).rstrip('/')}/faq"
    return services.page(request, "support/support.html", user, channel=CHANNEL, faq_address=faq_address)
