"""The console: pages for the control room, bars, support and stages, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from console.alert_feed import AlertFeed
from console.authentication import Door, LoginNeededError
from console.browser_rules import BrowserRules
from console.camera_wall import CameraWall
from console.hub import Hub
from console.language import read_words, with_topics
from console.pages import control_room, history, live, questions, results, sign_in, stock
from console.records import Records
from console.results_feed import ResultsFeed
from console.services import House, templates
from console.sessions import LoginLimit, Sessions
from processors.support.answers import read_answers
from processors.support.topics import read_topics
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.stores.accounts import AccountStore

STATIC = Path(__file__).parent / "static"


def build(settings: Settings, *, open_demo: bool = False) -> FastAPI:
    """The application.

    Args:
        open_demo: everybody on this machine is an admin, without a login; the pages say so.
    """
    redis = Redis.from_pool(
        BlockingConnectionPool.from_url(
            settings.redis_url(), max_connections=32, timeout=10, socket_timeout=5, socket_connect_timeout=2
        )
    )
    venue = read_venue(settings.venue)
    hub, accounts, sessions = Hub(), AccountStore(redis), Sessions(redis)
    house = House(
        settings=settings,
        venue=venue,
        redis=redis,
        accounts=accounts,
        sessions=sessions,
        limit=LoginLimit(redis),
        door=Door(accounts, sessions, open_demo=open_demo),
        hub=hub,
        alerts=AlertFeed(redis, hub),
        results=ResultsFeed(settings, venue, hub, read_answers(settings.answers)),
        wall=CameraWall(settings, venue, hub),
        records=Records(settings),
        words=with_topics(read_words(), read_topics(settings.topics)),
        templates=templates(),
    )

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        work = (house.alerts.run(), house.results.run(), house.results.tell(), house.wall.run())
        tasks = [asyncio.create_task(one) for one in work]
        yield
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await house.records.close()
        await redis.aclose()

    app = FastAPI(title="Pulso", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.console = house
    app.add_middleware(BrowserRules, open_demo=open_demo)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for part in (sign_in, control_room, live, history, results, stock, questions):
        app.include_router(part.router)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """200 while Redis answers."""
        try:
            await redis.ping()
        except (RedisError, OSError):
            return JSONResponse({"redis": "away"}, status_code=503)
        return JSONResponse({"redis": "ok"})

    @app.exception_handler(LoginNeededError)
    async def to_login(_request: Request, error: LoginNeededError) -> Response:
        return RedirectResponse(error.location, 303)

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        with suppress(RedisError, OSError):
            visitor = await house.door.visitor(request)
            page = house.page(request, "refused", visitor, status=error.status_code, detail=error.detail)
            page.status_code = error.status_code
            return page
        return JSONResponse({"detail": error.detail}, error.status_code)

    @app.exception_handler(RedisError)
    async def away(request: Request, _error: RedisError) -> Response:
        page = house.page(request, "refused", None, status=503, detail="Redis does not answer")
        page.status_code = 503
        return page

    return app
