"""Requests that no page of the console sends: each gets a refusal, not a server error, and fills no memory."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.console.conftest import PASSWORD, Festival, logged_in

pytestmark = pytest.mark.stack


def raw(url: str, request: bytes) -> bytes:
    """Return the first line of the answer to raw bytes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("host", [b"[", b"[::1", b"a b", b"evil.example/path", b"\xff", b"a,b", b""])
def test_invalid_host_header_is_refused(festival: Festival, host: bytes) -> None:
    """`request.url` raised ValueError on it, in the handler that leads to the login page."""
    answer = raw(festival.url, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nAccept: text/html\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4"), answer


@pytest.mark.parametrize("origin", ["http://[", "null", "http://", "//", "javascript:alert(1)"])
def test_invalid_origin_header_is_refused(festival: Festival, origin: str) -> None:
    with logged_in(festival, "sara") as (client, csrf):
        headers = {"Origin": origin, "X-Pulso-CSRF": csrf}
        assert client.post("/api/alerts/act", json={}, headers=headers).status_code == 403


def test_too_long_request_is_refused(festival: Festival) -> None:
    form = {"name": "a" * 200_000, "password": PASSWORD}
    assert httpx.post(f"{festival.url}/login", data=form, timeout=30).status_code in (400, 413)

    def endless() -> object:
        for _ in range(100):
            yield b"name=" + b"a" * 10_000

    answer = httpx.post(
        f"{festival.url}/login", content=endless(), timeout=30,  # type: ignore[arg-type]
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status_code in (400, 413)
    assert httpx.get(f"{festival.url}/healthz").status_code == 200


def test_deeply_nested_json_is_refused_with_a_reason(festival: Festival) -> None:
    with logged_in(festival, "sara") as (client, csrf):
        for body in (b'{"x":' + b"[" * 12_000, b'{"id":"\xff"}', b"[" * 16_000, b"\x00", b'"\\ud800"'):
            answer = client.post("/api/alerts/act", content=body, headers={"X-Pulso-CSRF": csrf})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"]
