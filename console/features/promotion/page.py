"""The page of campaigns."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.promotion.actions import PICTURES_PATH
from console.features.promotion.show import PICTURE_PATH
from console.features.promotion.view import CHANNEL, ROLES
from console.services import Services

router = APIRouter()


@router.get("/promotion", response_class=HTMLResponse)
async def promotion(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show campaigns, their variants and results."""
    require_role(user, *ROLES)
    paths = {"pictures": PICTURES_PATH, "picture": PICTURE_PATH}
    return services.page(request, "promotion/promotion.html", user, channel=CHANNEL, state={"paths": paths})
