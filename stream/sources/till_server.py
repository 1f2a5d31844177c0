"""Tills: an HTTP endpoint that takes tickets, and answers when Kafka has them."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from schemas.events import Ticket
from schemas.topics import SALES
from schemas.venue import Venue
from stream.settings import Settings
from stream.sources.source import Outlet, Source, SourceError

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
MOST_TICKETS = 500
ANSWER_SECONDS = 30.0

_one = msgspec.json.Decoder(Ticket)
_many = msgspec.json.Decoder(list[Ticket])


class TillServer(Source):
    """`POST /v1/tickets`: one ticket, a list, or lines of tickets (application/x-ndjson).

    202 after Kafka has all of them. A till that got no answer sends again: the ticket's id makes it count once.
    """

    kind: ClassVar[str] = "tills"

    def __init__(self, venue: Venue, *, port: int, token: str, bind: str = "127.0.0.1") -> None:
        super().__init__("http")
        self._bars = {bar.id for bar in venue.bars}
        self._token, self._bind = token, bind
        self._socket = _listen(bind, port)
        self.port: int = self._socket.getsockname()[1]

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        config = uvicorn.Config(self._app(outlet), log_level="warning", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        log.warning(
            "tills: POST http://%s:%d/v1/tickets, with the header Authorization: Bearer …", self._bind, self.port
        )
        outlet.alive()
        watcher = threading.Thread(target=_end_with, args=(server, stop), daemon=True)
        watcher.start()
        listening = self._socket.dup()
        try:
            asyncio.run(server.serve(sockets=[listening]))
        except OSError as error:
            raise SourceError(f"port {self.port}: {error}") from error
        if not stop.is_set():
            raise SourceError("the endpoint ended")

    def _app(self, outlet: Outlet) -> FastAPI:
        app = FastAPI(title="Pulso tills", docs_url=None, redoc_url=None, openapi_url=None)

        @app.get("/healthz")
        async def healthz() -> dict[str, str]:
            return {"status": "ok"}

        @app.post("/v1/tickets")
        async def tickets(request: Request) -> Response:
            if not self._may(request.headers.get("authorization", "")):
                outlet.count("refused")
                return _answer(401, "send the header Authorization: Bearer TOKEN, with the token of this endpoint")
            body = await _body(request)
            if body is None:
                outlet.count("refused")
                return _answer(413, f"at most {MOST_BYTES} bytes at once")
            try:
                given = self._read(body, request.headers.get("content-type", ""))
            except ValueError as error:
                outlet.count("refused")
                return _answer(422, str(error))
            return await self._forward(outlet, given)

        return app

    def _may(self, header: str) -> bool:
        return hmac.compare_digest(header.encode(), f"Bearer {self._token}".encode())

    def _read(self, body: bytes, content_type: str) -> list[Ticket]:
        """All tickets of a request; one that can't be used refuses all, so that the till knows what arrived."""
        if "ndjson" in content_type:
            tickets = []
            for number, line in enumerate(filter(None, body.splitlines()), 1):
                try:
                    tickets.append(_one.decode(line))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise ValueError(f"line {number}: {error}") from error
        else:
            try:
                tickets = _many.decode(body) if body.lstrip()[:1] == b"[" else [_one.decode(body)]
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise ValueError(str(error)) from error
        if not tickets or len(tickets) > MOST_TICKETS:
            raise ValueError(f"{len(tickets)} tickets; send 1 to {MOST_TICKETS} at once")
        for ticket in tickets:
            if self._bars and ticket.bar not in self._bars:
                raise ValueError(
                    f"ticket {ticket.id}: no bar {ticket.bar!r}; there are {', '.join(sorted(self._bars))}"
                )
        return tickets

    async def _forward(self, outlet: Outlet, tickets: list[Ticket]) -> Response:
        loop = asyncio.get_running_loop()
        waiting: list[asyncio.Future[str | None]] = []
        for ticket in tickets:
            arrived: asyncio.Future[str | None] = loop.create_future()
            waiting.append(arrived)
            try:
                outlet.send(
                    SALES, key=ticket.bar, value=ticket, id=f"ticket/{ticket.id}", time=ticket.time,
                    delivered=_into(loop, arrived),
                )  # fmt: skip
            except SourceError as error:
                return _answer(503, f"Kafka does not take tickets now ({error}); send again")
        try:
            errors = [error for error in await asyncio.wait_for(asyncio.gather(*waiting), ANSWER_SECONDS) if error]
        except TimeoutError:
            errors = [f"no answer within {ANSWER_SECONDS:.0f} s"]
        if errors:
            return _answer(503, f"Kafka does not take tickets now ({errors[0]}); send again")
        return Response(msgspec.json.encode({"accepted": len(tickets)}), 202, media_type="application/json")


def token_of(settings: Settings) -> str:
    """The token that tills must send: PULSO_TILL_TOKEN, or one that is made once and kept in the data folder."""
    if settings.till_token is not None:
        return settings.till_token.get_secret_value()
    path: Path = settings.data / "till-token"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        token = secrets.token_urlsafe(24)
        path.write_text(token + "\n", encoding="ascii")
        log.warning("tills: made a token, it is in %s (PULSO_TILL_TOKEN sets another)", path)
        return token


def _listen(bind: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bind, port))
    except OSError as error:
        listening.close()
        raise SourceError(f"port {port} of {bind} is taken: {error}; choose another in the venue file") from error
    listening.listen(64)
    return listening


def _end_with(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too large, whatever its header says."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _into(loop: asyncio.AbstractEventLoop, future: asyncio.Future[str | None]) -> Callable[[str | None], None]:
    """Hand the producer's answer, which comes from another thread, to the request that waits for it."""

    def done(error: str | None) -> None:
        if not future.done():
            future.set_result(error)

    def tell(error: str | None) -> None:
        loop.call_soon_threadsafe(done, error)

    return tell


def _answer(status: int, problem: str) -> Response:
    """RFC 9457 problem details."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(
        msgspec.json.encode({"status": status, "detail": problem}), status, headers, "application/problem+json"
    )
