"""Security headers of every answer, and refusal of requests that no page of the console sends.

The headers tell browsers to load nothing from other sites and to run no script that is written inside a page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.authentication import is_cross_site, is_encrypted, is_foreign_name, is_loopback
from schemas.errors import PulsoError

POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "worker-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types pulso",  # created in offline.js, for the address of a service worker alone
))  # fmt: skip

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # `no-referrer` would make browsers send `Origin: null` with a form
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


MAX_REQUEST_BYTES = 64 * 1024
"""The longest form has a few kilobytes, and a request is read before anybody is logged in.

A feature names those of its endpoints that take more: `ConsoleFeature.long_requests`.
"""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")

_ORIGIN = re.compile(r"https?://" + _HOST.pattern)


class _RequestTooLongError(PulsoError):
    """A request is longer than it may be, whatever its header says."""


class SecurityMiddleware:
    """Refuse changes of other sites and, in the open demo, requests of other machines; add the security headers.

    Args:
        app: the application.
        open_demo: requests of other machines are refused.
        public: origin at which people open the console (PULSO_CONSOLE_PUBLIC).
        long_requests: paths that take longer requests than `MAX_REQUEST_BYTES`, with their limits in bytes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        open_demo: bool,
        public: str | None = None,
        long_requests: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._long_requests = long_requests or {}
        self._open_demo = open_demo
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                # A script is requested again each time, but sent only when it changed.
                headers["Cache-Control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"
                if is_encrypted(Request(scope)):
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        if refused := self._refused(scope["method"], Headers(scope=scope)):
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, send_with_headers)
            return
        most = self._long_requests.get(scope["path"], MAX_REQUEST_BYTES)
        try:
            await self._app(scope, _limited(receive, most), send_with_headers)
        except _RequestTooLongError:
            if not started:
                refusal = PlainTextResponse(f"the request is longer than {most} bytes", status_code=413)
                await refusal(scope, receive, send_with_headers)

    def _refused(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason of a refusal, or None."""
        host = headers.get("host", "")
        if not _HOST.fullmatch(host):
            return 400, "the header Host is not a valid host name"
        origin, fetch_site = headers.get("origin"), headers.get("sec-fetch-site")
        if is_cross_site(method, host, origin, fetch_site, self._public):
            return 403, _cross_site_reason(host, origin, fetch_site)
        is_change = method not in ("GET", "HEAD", "OPTIONS")
        if is_change and origin is not None and is_foreign_name(origin.rpartition("://")[2], self._public):
            return 403, f"the console is at {self._public} (PULSO_CONSOLE_PUBLIC); open it there"
        # A name that another site lets point here, or a proxy, would open the demo to others.
        if self._open_demo and (not is_loopback(host) or "x-forwarded-for" in headers or "forwarded" in headers):
            return 403, "the open demo is for this machine alone: open it as http://127.0.0.1"
        return None


def _cross_site_reason(host: str, origin: str | None, fetch_site: str | None) -> str:
    """Return why a change was refused; where a proxy may be the reason, also what to set."""
    reason = "another site sent this; the console takes changes from its own pages only"
    if fetch_site is None and origin is not None and _ORIGIN.fullmatch(origin):
        reason += (
            f". If {origin} is the console behind a proxy: the proxy passes the header Host: {host}, so set "
            f"PULSO_CONSOLE_PUBLIC={origin}, or let the proxy pass the browser's Host (nginx: proxy_set_header Host "
            "$http_host)"
        )
    return reason


def _limited(receive: Receive, most: int) -> Receive:
    """Return a `receive` that raises an error once the request is longer than `most` bytes."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise _RequestTooLongError
        return message

    return limited
