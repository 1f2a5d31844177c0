"""Console behind a proxy with TLS: its own forms are taken, whatever Host the proxy passes, and attacks are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from console import server
from console.authentication import is_encrypted
from console.security_middleware import SecurityMiddleware
from stream.runtime.settings import Settings

PUBLIC = "https://pulso.example.org"


async def change(request: Request) -> JSONResponse:
    """Answer a form, and say whether its cookie would be for HTTPS only."""
    return JSONResponse({"secure": is_encrypted(request)})


async def post(headers: Mapping[str, str], public: str | None = None, method: str = "POST") -> httpx.Response:
    """Send a request to the console's middleware."""
    app = Starlette(routes=[Route("/login", change, methods=["POST", "GET"])])
    app.add_middleware(SecurityMiddleware, open_demo=False, public=public)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        return await client.request(method, "/login", headers=headers)


@pytest.mark.parametrize(
    ("headers", "public"),
    [
        ({"origin": PUBLIC, "sec-fetch-site": "same-origin"}, None),
        ({"origin": PUBLIC, "sec-fetch-site": "same-origin", "host": "console_backend:8080"}, PUBLIC),
        ({"origin": PUBLIC}, PUBLIC),
        ({"origin": PUBLIC}, PUBLIC + ":443"),
        ({"origin": "https://pulso.example.org:8443", "host": "console"}, "https://Pulso.example.org:8443"),
        ({"origin": "http://pulso.lan"}, "http://pulso.lan"),
        ({"origin": PUBLIC, "host": "pulso.example.org"}, None),
        ({"origin": "http://127.0.0.1:8080"}, PUBLIC),
        ({"origin": "http://localhost:8080", "host": "localhost:8080"}, PUBLIC),
        ({"origin": "http://[fd00::2]:8080", "host": "[fd00::2]:8080"}, PUBLIC),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, None),
        ({}, PUBLIC),
    ],
)
async def test_form_of_the_console_is_taken_behind_a_proxy(headers: dict[str, str], public: str | None) -> None:
    response = await post(headers, public)
    assert response.status_code == 200, response.text
    assert response.json()["secure"] == headers.get("origin", "").startswith("https://")


@pytest.mark.parametrize(
    ("headers", "public"),
    [
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, None),
        ({"origin": "https://evil.example"}, PUBLIC),
        ({"origin": PUBLIC, "sec-fetch-site": "cross-site"}, PUBLIC),
        ({"origin": "https://other.example.org", "sec-fetch-site": "same-site"}, PUBLIC),
        ({"origin": "http://pulso.example.org"}, PUBLIC),
        ({"origin": "https://pulso.example.org.evil.example"}, PUBLIC),
        ({"origin": "https://pulso.example.org@evil.example"}, PUBLIC),
        ({"origin": "https://pulso.example.org:8443"}, PUBLIC),
        ({"origin": "null"}, PUBLIC),
        ({"sec-fetch-site": "cross-site"}, None),
        ({"origin": "http://["}, PUBLIC),
        ({"origin": PUBLIC, "x-forwarded-host": "pulso.example.org"}, None),
        # A name of others that points here (DNS rebinding): the browser takes it for the same origin.
        ({"origin": "http://evil.example:8080", "host": "evil.example:8080"}, PUBLIC),
        ({"origin": "http://evil.example", "host": "evil.example", "sec-fetch-site": "same-origin"}, PUBLIC),
    ],
)
async def test_form_of_another_site_is_refused(headers: dict[str, str], public: str | None) -> None:
    assert (await post(headers, public)).status_code == 403
    assert (await post(headers, public, method="GET")).status_code == 200


async def test_refusal_says_what_to_set_where_a_proxy_may_be_the_reason() -> None:
    text = (await post({"origin": PUBLIC})).text
    assert f"PULSO_CONSOLE_PUBLIC={PUBLIC}" in text
    assert "proxy_set_header Host" in text and "127.0.0.1:8080" in text
    assert "PULSO_CONSOLE_PUBLIC" not in (await post({"origin": "https://evil.example/<script>"})).text
    assert "PULSO_CONSOLE_PUBLIC" not in (await post({"origin": PUBLIC, "sec-fetch-site": "cross-site"})).text


@pytest.mark.parametrize("headers", [{"x-forwarded-proto": "https"}, {"x-forwarded-proto": "https, http"}])
async def test_cookie_is_for_https_only_where_the_proxy_speaks_tls(headers: dict[str, str]) -> None:
    response = await post(headers)
    assert response.json()["secure"]
    assert "strict-transport-security" in response.headers
    plain = await post({"origin": "http://127.0.0.1:8080"})
    assert not plain.json()["secure"]
    assert "strict-transport-security" not in plain.headers


class _SilentRedis:
    """Redis that answers a ping."""

    async def ping(self) -> bool:
        return True


async def test_health_answers_head_as_get() -> None:
    app = server.build(Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1"))
    app.state.console = replace(app.state.console, redis=_SilentRedis())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        head, get = await client.head("/healthz"), await client.get("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    assert get.json() == {"redis": "ok"}
    assert head.headers["content-length"] == get.headers["content-length"]
