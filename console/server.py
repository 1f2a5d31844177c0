"""The status page: open alerts from Redis, workers and rates from Prometheus. Read-only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from redis.asyncio import Redis
from redis.exceptions import RedisError
from stream.venue_file import read_venue

from console.words import language_of, words
from schemas.alerts import Alert
from stream.alert_store import OPEN, worst_first
from stream.settings import Settings

QUERIES = {
    "ready": "pulso_worker_ready",
    "events": "sum by (topic) (rate(pulso_events_total[1m]))",
    "dead": "sum by (topic) (increase(pulso_dead_letters_total[1h]))",
}


def build(settings: Settings) -> FastAPI:
    """The application; it holds no state of its own."""
    app = FastAPI(title="Pulso", docs_url=None, redoc_url=None)
    venue = read_venue(settings.venue)
    redis = Redis.from_url(settings.redis_url(), socket_timeout=2, socket_connect_timeout=2)
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(default=True)
    )

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self' 'unsafe-inline'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """200 while Redis answers."""
        try:
            await redis.ping()
        except (RedisError, OSError):
            return JSONResponse({"redis": "away"}, status_code=503)
        return JSONResponse({"redis": "ok"})

    @app.get("/", response_class=HTMLResponse)
    async def status(request: Request) -> str:
        """What is open and what runs."""
        language = language_of(request.headers.get("accept-language", ""), venue.language)
        alerts, redis_away = await _open_alerts(redis)
        return pages.get_template("status.html").render(
            venue=venue,
            zone=ZoneInfo(venue.timezone),
            language=language,
            words=words(language),
            alerts=alerts,
            redis_away=redis_away,
            measured=await _measured(settings.prometheus),
        )

    return app


async def _open_alerts(redis: Redis) -> tuple[list[Alert], bool]:
    try:
        return worst_first(await redis.hvals(OPEN)), False
    except (RedisError, OSError):
        return [], True


async def _measured(prometheus: str | None) -> dict[str, list[tuple[str, float]]] | None:
    """Each query's answer as (label, value), or None while Prometheus can't be asked."""
    if prometheus is None:
        return None
    answers: dict[str, list[tuple[str, float]]] = {}
    try:
        async with httpx.AsyncClient(base_url=prometheus, timeout=2) as client:
            for name, query in QUERIES.items():
                reply = await client.get("/api/v1/query", params={"query": query})
                found: list[dict[str, Any]] = reply.raise_for_status().json()["data"]["result"]
                label = "worker" if name == "ready" else "topic"
                answers[name] = sorted((one["metric"].get(label, ""), float(one["value"][1])) for one in found)
    except (httpx.HTTPError, KeyError, ValueError):
        return None
    return answers
