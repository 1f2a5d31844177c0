"""Malformed HTTP requests, and the status line of the server's response."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from tests.fuzz.input_generator import InputGenerator

RESPONSE_TIMEOUT_S = 0.5
"""Seconds to wait for the rest of an incomplete request."""

REQUEST_LINES = (
    b"GET / HTTP/1.1\r\n",
    b"GET /live?channels=%s HTTP/1.1\r\n",
    b"POST /login HTTP/1.1\r\n",
    b"GET /evidence/%s HTTP/1.1\r\n",
    b"GET /static/%s HTTP/1.1\r\n",
    b"GET /camera/%s HTTP/1.1\r\n",
    b"GET /bar/%s HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"GET /login?next=%s HTTP/1.1\r\n",
    b"GET /language/es?next=%s HTTP/1.1\r\n",
    b"HEAD / HTTP/1.1\r\n",
    b"GET /api/now/%s HTTP/1.1\r\n",
    b"POST /v1/tickets HTTP/1.1\r\n",
    b"POST /v1/posts HTTP/1.1\r\n",
    b"GET /history?q=%s HTTP/1.1\r\n",
    b"PUT /%s HTTP/1.1\r\n",
)
PATH_VALUES = (
    b"..%2f..%2f..%2fetc%2fpasswd",
    b"../../../../etc/passwd",
    b"%00",
    b"%ff%fe",
    b"a" * 9_000,
    b"%25s",
    b"<script>",
    b"%0d%0aSet-Cookie:a=b",
    b"alerts",
    b"//evil.example",
    b"\\\\evil.example",
    b"%e2%80%ae",
    b"bar:north",
    b"alerts,alerts",
    b"*",
    b"[",
    b"..;/",
    b"%2e%2e/%2e%2e/",
)
HEADERS = (
    b"Host: [",
    b"Host: x",
    b"Host:",
    b"Accept: text/html",
    b"Accept: \xff",
    b"Cookie: pulso_session=\xff\xfe",
    b"Cookie: pulso_session=" + b"a" * 4_000,
    b"Cookie: =;=;=",
    b"Authorization: Bearer \xf1",
    b"Authorization: Basic Og==",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: -1",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Accept-Language: " + b"es;q=," * 500,
    b"Last-Event-ID: security=1-1",
    b"Last-Event-ID: \xff=-",
    b"Origin: null",
    b"Origin: http://[",
    b"Sec-Fetch-Site: cross-site",
    b"Content-Type: application/x-ndjson",
    b"Content-Type: multipart/form-data; boundary=",
    b"Content-Type: application/x-www-form-urlencoded",
    b"Content-Encoding: gzip",
    b"X-Forwarded-For: 1.1.1.1, \x7f",
    b"X-Forwarded-Proto: gopher",
    b"Expect: 100-continue",
    b"Upgrade: websocket",
    b"Range: bytes=0-,5-",
    b"If-None-Match: " + b'"' * 50,
    b"If-Modified-Since: yesterday",
    b"X-Pulso-CSRF: \xe9",
    b": none",
    b"A" * 70_000 + b": x",
)


def random_request(generator: InputGenerator, body_generator: InputGenerator, kind: type[Any], token: str) -> bytes:
    """Return a random request; about a third are mutated."""
    rng = generator.random
    body = body_generator.random_json(kind) if rng.random() < 0.7 else rng.randbytes(rng.randrange(300))
    lines = [rng.choice(REQUEST_LINES).replace(b"%s", rng.choice(PATH_VALUES))]
    if rng.random() < 0.8:
        lines.append(b"Host: 127.0.0.1\r\n")
    if rng.random() < 0.8:
        lines.append(f"Authorization: Bearer {token}\r\n".encode())
    lines += [rng.choice(HEADERS) + b"\r\n" for _ in range(rng.randrange(4))]
    if rng.random() < 0.7:
        lines.append(b"Content-Length: %d\r\n" % len(body))
    request = b"".join([*lines, b"Connection: close\r\n\r\n", body])
    return generator.mutate_bytes(request) if rng.random() < 0.3 else request


def send_raw_request(url: str, request: bytes) -> bytes | None:
    """Send raw bytes, and return the status line: empty if the connection was closed, None if no response came."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(RESPONSE_TIMEOUT_S)
            return connection.makefile("rb").readline()
        except (ConnectionResetError, BrokenPipeError):
            return b""
        except TimeoutError:
            return None
