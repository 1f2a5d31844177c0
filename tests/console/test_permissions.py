"""Permissions of every role at every endpoint; an endpoint that is missing from the table fails the test."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis as AsyncRedis

from console.server import build
from stream.stores.accounts import AccountStore
from tests.console.conftest import ConsoleStack

pytestmark = pytest.mark.stack

ROLES: dict[str, tuple[list[str], list[str]]] = {
    "security": (["security"], []),
    "bar": (["bar"], ["north"]),
    "support": (["support"], []),
    "production": (["production"], []),
    "admin": (["admin"], []),
}
ALL_ROLES = set(ROLES)
ALL_AND_ANONYMOUS = {*ALL_ROLES, "nobody"}
STOCK_REPORT = {"id": "permissions-press", "product": "beer", "kind": "on-its-way", "quantity": 1}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/healthz", "/healthz", "GET", None, ALL_AND_ANONYMOUS),
    ("/login", "/login", "GET", None, ALL_AND_ANONYMOUS),
    ("/login", "/login", "POST", None, ALL_AND_ANONYMOUS),
    ("/language/{language}", "/language/es", "GET", None, ALL_AND_ANONYMOUS),
    ("/faq", "/faq", "GET", None, ALL_AND_ANONYMOUS),
    ("/api/faq", "/api/faq", "GET", None, ALL_AND_ANONYMOUS),
    ("/bar/service_worker.js", "/bar/service_worker.js", "GET", None, ALL_AND_ANONYMOUS),
    ("/", "/", "GET", None, ALL_ROLES),
    ("/history", "/history", "GET", None, ALL_ROLES),
    ("/api/steps", "/api/steps?alert=x", "GET", None, ALL_ROLES),
    ("/handover", "/handover", "GET", None, {"security", "admin"}),
    ("/api/handover", "/api/handover", "POST", {}, {"security", "admin"}),
    ("/api/handover/take", "/api/handover/take", "POST", {}, {"security", "admin"}),
    ("/api/incident", "/api/incident?id=x", "GET", None, ALL_ROLES),
    ("/api/notified", "/api/notified", "GET", None, ALL_ROLES),
    ("/wall", "/wall", "GET", None, ALL_ROLES),
    ("/api/visitor", "/api/visitor", "GET", None, ALL_ROLES),
    ("/api/alerts/act", "/api/alerts/act", "POST", {}, ALL_ROLES),  # which alerts: test_accounts.py
    ("/logout", "/logout", "POST", None, ALL_ROLES),
    ("/live", "/live?channels=alerts", "GET", None, ALL_ROLES),
    ("/live", "/live?channels=zones", "GET", None, {"security", "production", "admin"}),
    ("/live", "/live?channels=cameras", "GET", None, {"security", "admin"}),
    ("/live", "/live?channels=support", "GET", None, {"support", "admin"}),
    ("/live", "/live?channels=music", "GET", None, {"production", "admin"}),
    ("/live", "/live?channels=bar:north", "GET", None, {"bar", "admin"}),
    ("/live", "/live?channels=bar:south", "GET", None, {"admin"}),
    ("/live", "/live?channels=alerts,cameras", "GET", None, {"security", "admin"}),
    ("/evidence/{name:path}", "/evidence/x", "GET", None, {"security", "admin"}),
    ("/cameras", "/cameras", "GET", None, {"security", "admin"}),
    ("/camera/{name}", "/camera/front-left", "GET", None, {"security", "admin"}),
    ("/bar/{name}", "/bar/north", "GET", None, {"bar", "admin"}),
    ("/bar/{name}", "/bar/south", "GET", None, {"admin"}),
    ("/api/bar/{bar}/stock", "/api/bar/north/stock", "POST", STOCK_REPORT, {"bar", "admin"}),
    ("/api/bar/{bar}/stock", "/api/bar/south/stock", "POST", STOCK_REPORT, {"admin"}),
    ("/support", "/support", "GET", None, {"support", "admin"}),
    ("/api/support/answers", "/api/support/answers", "POST", {}, {"support", "admin"}),
    ("/music", "/music", "GET", None, {"production", "admin"}),
    ("/api/now/{channel}", "/api/now/zones", "GET", None, {"security", "production", "admin"}),
    ("/api/now/{channel}", "/api/now/support", "GET", None, {"support", "admin"}),
    ("/api/now/{channel}", "/api/now/music", "GET", None, {"production", "admin"}),
    ("/api/now/{channel}", "/api/now/bar:north", "GET", None, {"bar", "admin"}),
    ("/api/now/{channel}", "/api/now/bar:south", "GET", None, {"admin"}),
]
# A feature may bring its own rows in tests/console/features/NAME/permissions.py.
for file in sorted((Path(__file__).parent / "features").glob("*/permissions.py")):
    PERMISSIONS += runpy.run_path(str(file))["PERMISSIONS"]


WALL_PATHS = {
    "/", "/history", "/wall", "/api/steps", "/api/incident", "/api/notified", "/api/visitor", "/live", "/logout",
}  # fmt: skip
"""Routes that a screen on the wall reaches beside the public ones; of channels, that of alerts."""


async def _tokens(url: str) -> dict[str, str]:
    redis = AsyncRedis.from_url(url)
    store = AccountStore(redis)
    tokens = {name: await store.add_token(f"permissions-{name}", roles, bars) for name, (roles, bars) in ROLES.items()}
    await redis.aclose()
    return tokens


def test_endpoint_lets_only_permitted_roles_in(console_stack: ConsoleStack) -> None:
    tokens = asyncio.run(_tokens(console_stack.stack.settings.redis_url()))
    mismatches = []
    for name in (*ROLES, "nobody"):
        headers = {"Authorization": f"Bearer {tokens[name]}"} if name in tokens else {}
        with httpx.Client(base_url=console_stack.url, headers=headers, timeout=30) as client:
            for _, path, method, body, allowed in PERMISSIONS:
                with client.stream(method, path, json=body) as response:
                    location = response.headers.get("location", "")
                    is_refused = response.status_code in (401, 403) or location.startswith("/login?next=")
                    if is_refused is (name in allowed) and not (path == "/login" and response.status_code == 401):
                        mismatches.append((name, method, path, response.status_code))
    assert not mismatches


async def _wall_token(url: str) -> str:
    redis = AsyncRedis.from_url(url)
    token = await AccountStore(redis).add_token("permissions-wall", ["wall"])
    await redis.aclose()
    return token


def test_screen_on_the_wall_can_only_look(console_stack: ConsoleStack) -> None:
    token = asyncio.run(_wall_token(console_stack.stack.settings.redis_url()))
    mismatches = []
    with httpx.Client(
        base_url=console_stack.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, follow_redirects=False
    ) as client:
        for route, path, method, body, allowed in PERMISSIONS:
            expected = "nobody" in allowed or (route in WALL_PATHS and (route != "/live" or path.endswith("=alerts")))
            with client.stream(method, path, json=body) as response:
                location = response.headers.get("location", "")
                is_refused = response.status_code in (401, 403) or location.startswith("/login?next=")
                if is_refused is expected and path not in ("/login", "/logout"):
                    mismatches.append((method, path, response.status_code))
    assert not mismatches


def test_every_endpoint_is_in_the_table_of_roles(console_stack: ConsoleStack) -> None:
    paths = build(console_stack.stack.settings).openapi()["paths"]
    routes = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert routes == {(route.replace(":path", ""), method) for route, _, method, _, _ in PERMISSIONS}
