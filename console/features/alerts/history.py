"""History: every step of every alert that a user may see, with search."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from redis.exceptions import RedisError

from console.authentication import CurrentUser
from console.features.alerts.alert_history import AlertHistory, newest_first
from console.features.alerts.view import VerdictsView
from console.requests import redis_required
from console.services import Services
from schemas.ids import AlertId
from stream.features import registry
from stream.stores.alert_store import entry_order

router = APIRouter()

MAX_SHOWN_ALERTS = 200
MAX_QUERY_LETTERS = 200


@router.get("/history", response_class=HTMLResponse)
async def history(
    request: Request, user: CurrentUser, services: Services, q: str = "", rule: str = "", verdict: str = ""
) -> HTMLResponse:
    """Show the last alerts that contain every word of `q`, of one rule and verdict if these are given."""
    words = [word.casefold() for word in q[:MAX_QUERY_LETTERS].split()]
    verdicts = services.part(VerdictsView)
    by_alert: dict[AlertId, AlertHistory] = {}
    redis_away = False
    try:
        async for entry, alert in newest_first(services.redis, user):
            entries = by_alert.setdefault(alert.id, AlertHistory(label=verdicts.last_verdict(alert.id)))
            entries.steps.append(alert)
            entries.newest_entry = max(entries.newest_entry, entry_order(entry))
    except (RedisError, OSError):
        redis_away = True
    histories = [
        one
        for one in sorted(by_alert.values(), key=lambda one: one.newest_entry, reverse=True)
        if (not rule or one.last.rule == rule)
        and (not verdict or (one.verdict or "none") == verdict)
        and one.contains(words)
    ]
    return services.page(
        request, "alerts/history.html", user,
        histories=histories[:MAX_SHOWN_ALERTS], more=max(0, len(histories) - MAX_SHOWN_ALERTS), redis_away=redis_away,
        q=q, rule=rule, verdict=verdict, rules=sorted(registry.rules_by_name()),
        with_evidence=user.has_role("security"),
    )  # fmt: skip


@router.get("/api/steps")
async def steps(user: CurrentUser, services: Services, alert: str) -> Response:
    """Return every step of one alert, oldest first."""
    with redis_required():
        found = [step async for _, step in newest_first(services.redis, user, only=(AlertId(alert),))]
    return Response(msgspec.json.encode(found[::-1]), media_type="application/json")
