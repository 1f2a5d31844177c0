"""Every endpoint of console, tills and posts, on a real Kafka and Redis.

Input comes from the OpenAPI document, which schemathesis breaks in every way, and from requests that are hardly HTTP.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as trying
from hypothesis.errors import Unsatisfiable
from redis.asyncio import Redis as AsyncRedis
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode

from console.server import build
from schemas.bars import Ticket
from schemas.social import Post
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.sources.post_server import PostServer
from stream.sources.record_server import RecordServer
from stream.sources.source import EventSink, run_all
from stream.sources.till_server import TillServer
from stream.stores.accounts import AccountStore
from tests.fuzz.conftest import TIMES, Surface
from tests.fuzz.mutation import Mutation
from tests.fuzz.raw_requests import asked, request
from tests.fuzz.test_topics import known_of, names_of

pytestmark = pytest.mark.stack
SHORT = 2
"""Number of examples of each of about thirty operations."""
ENDLESS = {"/live"}
"""Endless responses, which are tested with raw requests only."""
TOKEN = "fuzz-token"


@dataclass(slots=True)
class Door:
    """Server under test: address, credentials and OpenAPI document."""

    url: str
    token: str
    openapi: dict[str, Any]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    folder = tmp_path_factory.mktemp("doors")
    with LocalStack(folder, workers=(), with_prometheus=False) as stack, EventProducer(stack.settings) as producer:
        venue = read_venue(stack.settings.venue)
        servers: dict[str, RecordServer[Any]] = {
            "tills": TillServer(venue, port=0, token=TOKEN), "posts": PostServer(port=0, token=TOKEN)
        }  # fmt: skip
        stop = threading.Event()
        thread = threading.Thread(target=run_all, args=(list(servers.values()), producer, stop))
        thread.start()
        found = {
            name: Door(server.url.removesuffix(server.path), TOKEN, server._app(EventSink(producer, "", "")).openapi())
            for name, server in servers.items()
        }
        token = asyncio.run(_admin(stack.settings.redis_url()))
        found["console"] = Door(stack.endpoints["console"], token, build(stack.settings).openapi())
        yield found
        stop.set()
        thread.join(timeout=20)


async def _admin(url: str) -> str:
    redis = AsyncRedis.from_url(url)
    token = await AccountStore(redis).add_token("fuzz", ["admin"])
    await redis.aclose()
    return token


@pytest.mark.parametrize("name", ["tills", "posts", "console"])
@pytest.mark.timeout(3600)
def test_openapi(name: str, doors: dict[str, Door], surface: Surface) -> None:
    """Check that no response is a 5xx, and that rejections have a body with the reason."""
    door = doors[name]
    schema = schemathesis.openapi.from_dict(door.openapi)
    schema.config.update(base_url=door.url)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in ENDLESS:
            continue
        for mode in GenerationMode.NEGATIVE, GenerationMode.POSITIVE:
            with suppress(Unsatisfiable):  # where nothing can be given, nothing can be wrong
                _try(operation.as_strategy(generation_mode=mode), door, surface)


def _try(strategy: Any, door: Door, surface: Surface) -> None:
    @trying(
        max_examples=SHORT * TIMES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def attempt(case: Any) -> None:
        with surface.timed(1, f"{case.method} {case.formatted_path}"):
            response = case.call(headers={"Authorization": f"Bearer {door.token}"}, allow_redirects=False, timeout=30)
            case.validate_response(response, checks=[not_a_server_error])
        if response.status_code >= 400:
            assert response.content, (case.method, case.formatted_path)
            surface.refuse(str(response.status_code))

    attempt()


@pytest.mark.parametrize("name", ["tills", "posts", "console"])
@pytest.mark.timeout(3600)
def test_raw(name: str, doors: dict[str, Door], surface: Surface) -> None:
    """Check that raw requests never cause a 5xx, a hang or a crash."""
    door, mutation = doors[name], Mutation(f"raw {name}")
    venue = read_venue(Settings().venue)
    bodies = Mutation(f"bodies {name}", names_of(venue), known_of(venue))
    kind = {"tills": Ticket, "posts": Post}.get(name, Ticket)
    for _ in range(25 * TIMES):
        sent = request(mutation, bodies, kind, door.token)
        with surface.timed(1, sent):
            line = asked(door.url, sent)
        if line is None:
            continue
        assert not line.startswith(b"HTTP/1.1 5"), (line, sent[:2_000])
        if line.startswith(b"HTTP/1.1 4"):
            surface.refuse(line[9:12].decode())
        elif not line:
            surface.refuse("closed")
    well = asked(door.url, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert well is not None
    assert well.startswith(b"HTTP/1.1 200")


def build_settings() -> Any:
    from stream.runtime.settings import Settings

    return Settings()
