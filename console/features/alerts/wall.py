"""The wall: open alerts in big type for a screen that nobody touches."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from redis.exceptions import RedisError

from console.authentication import CurrentUser
from console.features.alerts.alert_feed import AlertFeed
from console.services import Services

router = APIRouter()


@router.get("/wall", response_class=HTMLResponse)
async def wall(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the alerts that are open now; the page's script keeps them up to date and turns the pages."""
    feed = services.part(AlertFeed)
    try:
        cursor, alerts = await feed.snapshot(user)
    except (RedisError, OSError):
        cursor, alerts = "", []  # the live connection brings them once Redis answers
    state = {"cursor": cursor, "alerts": alerts, "incidents": feed.incidents_of(alerts), "evidence": False}
    return services.page(request, "alerts/wall.html", user, state=state)
