"""The control room: open alerts live, worst first, and the panels that other features add."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from redis.exceptions import RedisError

from console.authentication import CurrentUser, User
from console.features.alerts.alert_feed import AlertFeed
from console.services import ConsoleServices, Services
from schemas.control_room import CONTROL_ROOM
from stream.features import registry

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
async def control_room(request: Request, user: CurrentUser, services: Services) -> Response:
    """Show the alerts that are open now; the page's script keeps them up to date."""
    if user.only_looks:
        return RedirectResponse("/wall", 303)
    redis_away = False
    feed = services.part(AlertFeed)
    try:
        cursor, alerts = await feed.snapshot(user)
        people = await _assignees(services, user)
    except (RedisError, OSError):
        cursor, alerts, people, redis_away = "", [], [user.name], True
    state = {
        "cursor": cursor,
        "alerts": alerts,
        "incidents": feed.incidents_of(alerts),
        "incident_minutes": services.venue.section(CONTROL_ROOM).incident_minutes,
        "people": people,
        "places": services.zone_titles(),
        "evidence": user.has_role("security"),
        "has_contacts": bool(services.venue.contacts),
        "shelve_longest": services.venue.section(CONTROL_ROOM).shelve_longest_minutes,
        "rules": {
            rule.name: {
                "unit": rule.unit.value,
                "readable_subject": rule.readable_subject,
                "shelvable": rule.can_be_shelved(services.venue),
            }
            for rule in registry.rules()
        },
    }
    return services.page(
        request,
        "alerts/control_room.html",
        user,
        state=state,
        redis_away=redis_away,
        rules=sorted(registry.rules_by_name()),
    )


async def _assignees(services: ConsoleServices, user: User) -> list[str]:
    """Return the names of people whom an alert can be assigned to: all accounts, and the user."""
    return sorted({user.name, *(account.name for account in await services.accounts.all())})
