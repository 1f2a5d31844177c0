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
from tests.console.conftest import Festival

pytestmark = pytest.mark.stack

ROLES: dict[str, tuple[list[str], list[str]]] = {
    "security": (["security"], []),
    "bar": (["bar"], ["north"]),
    "support": (["support"], []),
    "production": (["production"], []),
    "admin": (["admin"], []),
}
ALL = set(ROLES)
EVERYBODY = {*ALL, "nobody"}
PRESS = {"id": "permissions-press", "product": "beer", "kind": "on-its-way", "quantity": 1}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/healthz", "/healthz", "GET", None, EVERYBODY),
    ("/login", "/login", "GET", None, EVERYBODY),
    ("/login", "/login", "POST", None, EVERYBODY),
    ("/language/{language}", "/language/es", "GET", None, EVERYBODY),
    ("/faq", "/faq", "GET", None, EVERYBODY),
    ("/api/faq", "/api/faq", "GET", None, EVERYBODY),
    ("/bar/service_worker.js", "/bar/service_worker.js", "GET", None, EVERYBODY),
    ("/", "/", "GET", None, ALL),
    ("/history", "/history", "GET", None, ALL),
    ("/api/steps", "/api/steps?alert=x", "GET", None, ALL),
    ("/api/visitor", "/api/visitor", "GET", None, ALL),
    ("/api/alerts/act", "/api/alerts/act", "POST", {}, ALL),  # which alerts: test_accounts.py
    ("/logout", "/logout", "POST", None, ALL),
    ("/live", "/live?channels=alerts", "GET", None, ALL),
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
    ("/api/bar/{bar}/stock", "/api/bar/north/stock", "POST", PRESS, {"bar", "admin"}),
    ("/api/bar/{bar}/stock", "/api/bar/south/stock", "POST", PRESS, {"admin"}),
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


async def _tokens(url: str) -> dict[str, str]:
    redis = AsyncRedis.from_url(url)
    store = AccountStore(redis)
    found = {name: await store.add_token(f"permissions-{name}", roles, bars) for name, (roles, bars) in ROLES.items()}
    await redis.aclose()
    return found


def test_endpoint_lets_only_permitted_roles_in(festival: Festival) -> None:
    tokens = asyncio.run(_tokens(festival.stack.settings.redis_url()))
    wrong = []
    for name in (*ROLES, "nobody"):
        headers = {"Authorization": f"Bearer {tokens[name]}"} if name in tokens else {}
        with httpx.Client(base_url=festival.url, headers=headers, timeout=30) as client:
            for _, path, method, body, allowed in PERMISSIONS:
                with client.stream(method, path, json=body) as answer:
                    location = answer.headers.get("location", "")
                    kept_out = answer.status_code in (401, 403) or location.startswith("/login?next=")
                    if kept_out is (name in allowed) and not (path == "/login" and answer.status_code == 401):
                        wrong.append((name, method, path, answer.status_code))
    assert not wrong


def test_every_endpoint_is_in_the_table_of_roles(festival: Festival) -> None:
    paths = build(festival.stack.settings).openapi()["paths"]
    there = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert there == {(route.replace(":path", ""), method) for route, _, method, _, _ in PERMISSIONS}
