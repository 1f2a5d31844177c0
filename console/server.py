"""The console's server: pages for the control room, bars, support and production, and their live updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from console import live, sign_in
from console.authentication import Authenticator, LoginRequiredError
from console.channels import Channels
from console.event_writer import EventWriter
from console.feature import BackgroundService, FeatureContext
from console.language import Words, read_words
from console.registry import STATIC, FeatureFiles, console_features, static_folders, templates, word_folders
from console.results_feed import ResultsFeed
from console.security_middleware import SecurityMiddleware
from console.services import ConsoleServices
from console.sessions import LoginLimit, Sessions
from console.update_hub import UpdateHub
from stream.features.clients import CONSOLE, client_named
from stream.runtime.settings import Settings
from stream.runtime.start_check import start_rights_check
from stream.runtime.venue_file import read_venue
from stream.stores.accounts import AccountStore


def build(settings: Settings, *, open_demo: bool = False) -> FastAPI:
    """Return the application.

    Args:
        settings: addresses of Kafka and Redis, and the venue file.
        open_demo: everybody on this machine is an admin, without a login; the pages say so.
    """
    services = build_services(settings, open_demo=open_demo)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        start_rights_check(settings, client_named(CONSOLE))
        tasks = [asyncio.create_task(work) for work in _background_work(services)]
        yield
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await services.writer.close()
        await services.redis.aclose()

    app = FastAPI(title="Pulso", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.console = services
    app.add_middleware(
        SecurityMiddleware,
        open_demo=open_demo,
        public=settings.console_public,
        long_requests={path: most for feature in services.features for path, most in feature.long_requests.items()},
    )
    for path, folder in static_folders().items():
        files = StaticFiles(directory=folder) if folder == STATIC else FeatureFiles(directory=folder)
        app.mount(path, files, name=path)
    for router in (sign_in.router, live.router, *(one for feature in services.features for one in feature.routers)):
        app.include_router(router)
    app.add_api_route("/healthz", health)
    app.add_api_route("/healthz", health, methods=["HEAD"], include_in_schema=False)
    app.add_exception_handler(LoginRequiredError, show_login)
    app.add_exception_handler(HTTPException, show_refusal)
    app.add_exception_handler(RedisError, show_redis_unreachable)
    return app


def build_services(settings: Settings, *, open_demo: bool = False) -> ConsoleServices:
    """Return the services of a console; nothing connects before it is used."""
    redis = Redis.from_pool(
        BlockingConnectionPool.from_url(
            settings.redis_url(), max_connections=32, timeout=10, socket_timeout=5, socket_connect_timeout=2
        )
    )
    features = console_features()
    context = FeatureContext(settings=settings, venue=read_venue(settings.venue), redis=redis, hub=UpdateHub())
    definitions = [definition for feature in features for definition in feature.views]
    views = [definition.create(context) for definition in definitions]
    others = [create(context) for feature in features for create in feature.services]
    accounts, sessions = AccountStore(redis), Sessions(redis)
    channels = Channels(
        features, context.venue, [(one.channel, view) for one, view in zip(definitions, views, strict=True)]
    )
    topics = [(view, one.replay) for one, view in zip(definitions, views, strict=True)]
    return ConsoleServices(
        settings=settings,
        venue=context.venue,
        redis=redis,
        accounts=accounts,
        sessions=sessions,
        login_limit=LoginLimit(redis),
        authenticator=Authenticator(accounts, sessions, open_demo=open_demo),
        hub=context.hub,
        features=features,
        channels=channels,
        results=ResultsFeed(settings, context.hub, channels, topics),
        parts={type(part): part for part in (*views, *others)},
        writer=EventWriter(settings),
        words=_words(context),
        templates=templates(),
    )


async def health(request: Request) -> JSONResponse:
    """Return 200 while Redis answers, else 503."""
    services: ConsoleServices = request.app.state.console
    try:
        await services.redis.ping()
    except (RedisError, OSError):
        return JSONResponse({"redis": "away"}, status_code=503)
    return JSONResponse({"redis": "ok"})


async def show_login(_request: Request, error: Exception) -> Response:
    """Lead a person to the login page."""
    return RedirectResponse(error.location if isinstance(error, LoginRequiredError) else "/login", 303)


async def show_refusal(request: Request, error: Exception) -> Response:
    """Answer with the reason of a refusal: as a page to people, as JSON to programs."""
    services: ConsoleServices = request.app.state.console
    if not isinstance(error, HTTPException):
        raise error
    if "text/html" in request.headers.get("accept", ""):
        with suppress(RedisError, OSError):
            user = await services.authenticator.authenticate(request)
            return services.page(
                request, "refused.html", user,
                status_code=error.status_code, status=error.status_code, detail=error.detail,
            )  # fmt: skip
        return JSONResponse({"detail": error.detail}, error.status_code)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def show_redis_unreachable(request: Request, _error: Exception) -> Response:
    """Answer that Redis can't be reached."""
    services: ConsoleServices = request.app.state.console
    return services.page(request, "refused.html", None, status_code=503, status=503, detail="Redis does not answer")


def _background_work(services: ConsoleServices) -> list[Coroutine[None, None, None]]:
    parts = [part for part in services.parts.values() if isinstance(part, BackgroundService)]
    return [services.results.run(), services.results.publish_changes(), *(part.run() for part in parts)]


def _words(context: FeatureContext) -> Words:
    """Return the phrases of the word files and those that features make from the settings."""
    words = read_words(word_folders())
    for language, phrases in words.items():
        for feature in console_features():
            phrases.update(feature.words(context, language))
    return words
