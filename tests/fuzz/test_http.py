"""Fuzz tests of every endpoint of console, tills, posts and orders, on a real Kafka and Redis.

Schemathesis generates requests from the OpenAPI document; further requests are malformed HTTP.
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
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from redis.asyncio import Redis as AsyncRedis
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode

from console.server import build
from schemas.bars import Ticket
from schemas.social import Post
from schemas.tickets import TicketOrder
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.sources.order_server import OrderServer
from stream.sources.post_server import PostServer
from stream.sources.record_server import RecordServer
from stream.sources.source import EventSink, run_all
from stream.sources.till_server import TillServer
from stream.stores.accounts import AccountStore
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics
from tests.fuzz.input_generator import InputGenerator
from tests.fuzz.raw_requests import random_request, send_raw_request
from tests.fuzz.test_topics import known_field_values, venue_ids

pytestmark = pytest.mark.stack
EXAMPLES_PER_OPERATION = 2
"""Number of examples of each of about thirty operations."""
ENDLESS_PATHS = {"/live"}
"""Endless responses, which are tested with raw requests only."""
TOKEN = "fuzz-token"


@dataclass(slots=True)
class ServerUnderTest:
    """Server under test: address, credentials and OpenAPI document."""

    url: str
    token: str
    openapi: dict[str, Any]


@pytest.fixture(scope="module")
def servers_under_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServerUnderTest]]:
    folder = tmp_path_factory.mktemp("doors")
    with LocalStack(folder, workers=(), with_prometheus=False) as stack, EventProducer(stack.settings) as producer:
        venue = read_venue(stack.settings.venue)
        servers: dict[str, RecordServer[Any]] = {
            "tills": TillServer(venue, port=0, token=TOKEN), "posts": PostServer(port=0, token=TOKEN),
            "orders": OrderServer(venue, port=0, token=TOKEN),
        }  # fmt: skip
        stop = threading.Event()
        thread = threading.Thread(target=run_all, args=(list(servers.values()), producer, stop))
        thread.start()
        servers_by_name = {
            name: ServerUnderTest(
                server.url.removesuffix(server.path), TOKEN, server._app(EventSink(producer, "", "")).openapi()
            )
            for name, server in servers.items()
        }
        token = asyncio.run(_add_admin_token(stack.settings.redis_url()))
        servers_by_name["console"] = ServerUnderTest(stack.endpoints["console"], token, build(stack.settings).openapi())
        yield servers_by_name
        stop.set()
        thread.join(timeout=20)


async def _add_admin_token(url: str) -> str:
    redis = AsyncRedis.from_url(url)
    token = await AccountStore(redis).add_token("fuzz", ["admin"])
    await redis.aclose()
    return token


@pytest.mark.parametrize("name", ["tills", "posts", "orders", "console"])
@pytest.mark.timeout(3600)
def test_openapi(name: str, servers_under_test: dict[str, ServerUnderTest], statistics: SurfaceStatistics) -> None:
    """Check that no response is a 5xx, and that rejections have a body with the reason."""
    server = servers_under_test[name]
    schema = schemathesis.openapi.from_dict(server.openapi)
    schema.config.update(base_url=server.url)
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in ENDLESS_PATHS:
            continue
        for mode in GenerationMode.NEGATIVE, GenerationMode.POSITIVE:
            with suppress(Unsatisfiable):  # an operation without input has no invalid input
                _check_responses(operation.as_strategy(generation_mode=mode), server, statistics)


def _check_responses(strategy: Any, server: ServerUnderTest, statistics: SurfaceStatistics) -> None:
    @hypothesis_settings(
        max_examples=EXAMPLES_PER_OPERATION * INPUT_MULTIPLIER, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def attempt(case: Any) -> None:
        with statistics.measure(1, f"{case.method} {case.formatted_path}"):
            response = case.call(headers={"Authorization": f"Bearer {server.token}"}, allow_redirects=False, timeout=30)
            case.validate_response(response, checks=[not_a_server_error])
        if response.status_code >= 400:
            assert response.content, (case.method, case.formatted_path)
            statistics.count_refusal(str(response.status_code))

    attempt()


@pytest.mark.parametrize("name", ["tills", "posts", "orders", "console"])
@pytest.mark.timeout(3600)
def test_raw(name: str, servers_under_test: dict[str, ServerUnderTest], statistics: SurfaceStatistics) -> None:
    """Check that raw requests never cause a 5xx, a hang or a crash."""
    server, generator = servers_under_test[name], InputGenerator(f"raw {name}")
    venue = read_venue(Settings().venue)
    body_generator = InputGenerator(f"bodies {name}", venue_ids(venue), known_field_values(venue))
    kind = {"tills": Ticket, "posts": Post, "orders": TicketOrder}.get(name, Ticket)
    for _ in range(25 * INPUT_MULTIPLIER):
        request = random_request(generator, body_generator, kind, server.token)
        with statistics.measure(1, request):
            status_line = send_raw_request(server.url, request)
        if status_line is None:
            continue
        assert not status_line.startswith(b"HTTP/1.1 5"), (status_line, request[:2_000])
        if status_line.startswith(b"HTTP/1.1 4"):
            statistics.count_refusal(status_line[9:12].decode())
        elif not status_line:
            statistics.count_refusal("closed")
    health = send_raw_request(server.url, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert health is not None
    assert health.startswith(b"HTTP/1.1 200")
