"""What every answer tells the browser: load nothing from elsewhere, run nothing that stands in a page.

And what no browser of ours sends is refused before anything reads it.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.authentication import is_foreign, is_loopback
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
    "trusted-types pulso",  # made in offline.js, for the address of the service worker alone
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


LARGEST = 64 * 1024
"""bytes of a request; the longest form has a few kilobytes, and whoever is not logged in may send one, too"""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class _TooLongError(PulsoError):
    """A request goes on beyond `LARGEST`, whatever its header said."""


class BrowserRules:
    """Refuses what another site sends and, in the open demo, what another machine does; adds the headers."""

    def __init__(self, app: ASGIApp, *, open_demo: bool) -> None:
        self._app = app
        self._open_demo = open_demo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                # A script is asked for again each time, but sent only when it changed.
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        began = False

        async def answer(message: Message) -> None:
            nonlocal began
            began = True
            await harden(message)

        if refused := self._refused(scope["method"], Headers(scope=scope)):
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, harden)
            return
        try:
            await self._app(scope, _limited(receive), answer)
        except _TooLongError:
            if not began:
                await PlainTextResponse(f"at most {LARGEST} bytes", status_code=413)(scope, receive, harden)

    def _refused(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Status and reason, or None."""
        host = headers.get("host", "")
        if not _HOST.fullmatch(host):
            return 400, "the header Host names no host"
        if is_foreign(method, host, headers.get("origin"), headers.get("sec-fetch-site")):
            return 403, "another site sent this; the console takes changes from its own pages only"
        # A name that another site lets point here, or a proxy, would open the demo to others.
        if self._open_demo and (not is_loopback(host) or "x-forwarded-for" in headers or "forwarded" in headers):
            return 403, "the open demo is for this machine alone: open it as http://127.0.0.1"
        return None


def _limited(receive: Receive) -> Receive:
    """The same request, which ends with an error when it is longer than any page sends."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST:
            raise _TooLongError
        return message

    return limited
