"""Malicious requests: each is refused without a server error, and none fills the memory."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.console.conftest import PASSWORD, ConsoleStack, api_client

pytestmark = pytest.mark.stack


def send_raw_request(url: str, request: bytes) -> bytes:
    """Send raw bytes, and return the status line of the response."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("host", [b"[", b"[::1", b"a b", b"evil.example/path", b"\xff", b"a,b", b""])
def test_invalid_host_header_is_refused(console_stack: ConsoleStack, host: bytes) -> None:
    """Regression: `request.url` raised ValueError in the handler that redirects to the login page."""
    response = send_raw_request(
        console_stack.url, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nAccept: text/html\r\n\r\n"
    )
    assert response.startswith(b"HTTP/1.1 4"), response


@pytest.mark.parametrize("origin", ["http://[", "null", "http://", "//", "javascript:alert(1)"])
def test_invalid_origin_header_is_refused(console_stack: ConsoleStack, origin: str) -> None:
    with api_client(console_stack, "sara") as (client, csrf):
        headers = {"Origin": origin, "X-Pulso-CSRF": csrf}
        assert client.post("/api/alerts/act", json={}, headers=headers).status_code == 403


def test_too_long_request_is_refused(console_stack: ConsoleStack) -> None:
    form = {"name": "a" * 200_000, "password": PASSWORD}
    assert httpx.post(f"{console_stack.url}/login", data=form, timeout=30).status_code in (400, 413)

    def endless() -> object:
        for _ in range(100):
            yield b"name=" + b"a" * 10_000

    response = httpx.post(
        f"{console_stack.url}/login", content=endless(), timeout=30,  # type: ignore[arg-type]
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert response.status_code in (400, 413)
    assert httpx.get(f"{console_stack.url}/healthz").status_code == 200


def test_deeply_nested_json_is_refused_with_a_reason(console_stack: ConsoleStack) -> None:
    with api_client(console_stack, "sara") as (client, csrf):
        for body in (b'{"x":' + b"[" * 12_000, b'{"id":"\xff"}', b"[" * 16_000, b"\x00", b'"\\ud800"'):
            response = client.post("/api/alerts/act", content=body, headers={"X-Pulso-CSRF": csrf})
            assert response.status_code == 422, response.text
            assert response.json()["detail"]
