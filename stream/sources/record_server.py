"""An HTTP endpoint that takes records of one kind, and answers when Kafka has them."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from schemas.documents import request_body
from schemas.errors import PulsoError
from schemas.topic import Topic
from stream.runtime.record import MAX_TIME_AHEAD
from stream.sources.source import Outlet, Source, SourceError, now

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
MOST_RECORDS = 500
ANSWER_SECONDS = 30.0

MOST_CONNECTIONS = 256

LAST_SECONDS = 2
"""for answers that are on their way when the endpoint closes"""

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")


class RecordError(PulsoError, ValueError):
    """A request holds no records that can be used; `status` is HTTP's."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


class RecordServer(Source, Generic[R]):
    """`POST PATH`: one record, a list, or lines of records (application/x-ndjson).

    202 after Kafka has all of them. A sender that got no answer sends again: the record's id makes it count once.

    Args:
        token: that senders must show.
        announced: file that the address is written to.
    """

    record: ClassVar[type[Any]]
    """of the JSON that is taken; it has an id and a time"""
    topic: ClassVar[Topic[Any]]
    path: ClassVar[str]
    noun: ClassVar[str]
    """of one record; it stands before the id in Kafka, and in what people are told"""

    def __init__(self, *, port: int, token: str, bind: str = "127.0.0.1", announced: Path | None = None) -> None:
        super().__init__("http")
        self._token, self._bind, self._wanted = token, bind, port
        self._announced = announced
        self._socket: socket.socket | None = None
        self._taking = threading.Lock()
        self._one: msgspec.json.Decoder[R] = msgspec.json.Decoder(self.record)
        self._many: msgspec.json.Decoder[list[R]] = msgspec.json.Decoder(list[self.record])  # type: ignore[name-defined]

    def key(self, record: R) -> str:
        """The Kafka key of a record."""
        raise NotImplementedError

    def refuse(self, record: R) -> str | None:
        """Why a record can't be taken, or None."""
        del record
        return None

    @property
    def port(self) -> int:
        """Where it listens; the port is taken by asking for it, or by `run`.

        Raises:
            SourceError: it is taken.
        """
        return int(self._listening().getsockname()[1])

    def _listening(self) -> socket.socket:
        with self._taking:
            if self._socket is None:
                self._socket = _listen(self._bind, self._wanted or _last_port(self._announced), self._wanted == 0)
            return self._socket

    @property
    def url(self) -> str:
        """Where records are sent to."""
        host = f"[{self._bind}]" if ":" in self._bind else self._bind
        return f"http://{host}:{self.port}{self.path}"

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        url = self.url
        log.info("%s: POST %s, with the header Authorization: Bearer TOKEN", self.kind, url)
        if self._announced is not None:
            _write(self._announced, msgspec.json.encode({"url": url, "port": self.port}).decode())
        config = uvicorn.Config(
            self._app(outlet), log_config=None, log_level="warning", access_log=False, lifespan="off",
            limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=LAST_SECONDS,
        )  # fmt: skip
        server = uvicorn.Server(config)
        outlet.alive()
        watcher = threading.Thread(target=_end_with, args=(server, stop), daemon=True)
        watcher.start()
        listening = self._listening().dup()
        try:
            asyncio.run(server.serve(sockets=[listening]))
        except OSError as error:
            raise SourceError(f"port {self.port}: {error}") from error
        if not stop.is_set():
            raise SourceError("the endpoint ended")
        self._listening().close()
        self._socket = None

    def _app(self, outlet: Outlet) -> FastAPI:
        app = FastAPI(title=f"Pulso {self.kind}", docs_url=None, redoc_url=None, openapi_url=None)

        @app.get("/healthz")
        async def healthz() -> dict[str, str]:
            return {"status": "ok"}

        @app.post(self.path, openapi_extra={"requestBody": request_body(self.record)})
        async def records(request: Request) -> Response:
            if not self._may(request.headers.get("authorization", "")):
                outlet.count("refused")
                return _answer(401, "send the header Authorization: Bearer TOKEN, with the token of this endpoint")
            body = await _body(request)
            if body is None:
                outlet.count("refused")
                return _answer(413, f"at most {MOST_BYTES} bytes at once")
            try:
                given = self._read(body, request.headers.get("content-type", ""))
            except RecordError as error:
                outlet.count("refused")
                return _answer(error.status, str(error))
            return await self._forward(outlet, given)

        return app

    def _may(self, header: str) -> bool:
        return hmac.compare_digest(header.encode(), f"Bearer {self._token}".encode())

    def _read(self, body: bytes, content_type: str) -> list[R]:
        """All records of a request; one that can't be used refuses all, so that the sender knows what arrived."""
        if "ndjson" in content_type:
            lines = enumerate(body.splitlines(), 1)
            given = [_decoded(self._one, line, self.noun, f"line {number}: ") for number, line in lines if line.strip()]
        elif body.lstrip()[:1] == b"[":
            given = _decoded(self._many, body, self.noun)
        else:
            given = [_decoded(self._one, body, self.noun)]
        if not given or len(given) > MOST_RECORDS:
            raise RecordError(f"{len(given)} {self.noun}s; send 1 to {MOST_RECORDS} at once")
        latest = now() + MAX_TIME_AHEAD
        for one in given:
            found: Any = one
            if (why := self.refuse(one)) is not None:
                raise RecordError(f"{self.noun} {found.id}: {why}")
            if found.time > latest:
                raise RecordError(f"{self.noun} {found.id}: {found.time.isoformat()} is in the future; check the clock")
        return given

    async def _forward(self, outlet: Outlet, given: list[R]) -> Response:
        loop = asyncio.get_running_loop()
        answers = [loop.create_future() for _ in given]

        def send() -> None:
            for one, answer in zip(given, answers, strict=True):
                found: Any = one
                outlet.send(
                    self.topic, key=self.key(one), value=one, id=f"{self.noun}/{found.id}", time=found.time,
                    delivered=_into(loop, answer),
                )  # fmt: skip

        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await asyncio.to_thread(send)  # it waits while the producer's queue is full
                errors = [error for error in await asyncio.gather(*answers) if error]
        except SourceError as error:
            errors = [str(error)]
        except TimeoutError:
            errors = [f"no answer within {ANSWER_SECONDS:.0f} s"]
        if errors:
            log.warning("%s: %d %ss not taken: %s", self.kind, len(given), self.noun, errors[0])
            return _answer(503, f"the {self.noun}s can't be stored now; send them again in a moment")
        return Response(msgspec.json.encode({"accepted": len(given)}), 202, media_type="application/json")


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes, noun: str, where: str = "") -> T:
    """Raises: RecordError: 400 for what is no JSON, 422 for JSON that is no such record."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RecordError(f"{where}no {noun}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{where}no JSON: {error}", 400) from error


def kept_token(given: SecretStr | None, path: Path, name: str, variable: str) -> str:
    """The token that senders must show: the one that is set, or one that is made once and kept in a file.

    Args:
        name, variable: what the log calls the senders, and what sets another token.
    """
    if given is not None:
        return given.get_secret_value()
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        token = ""  # nosec B105
    if not token:  # an empty file would let everyone in
        token = secrets.token_urlsafe(24)
        _write(path, token + "\n")
        log.info("%s: made a token", name)
    log.info("%s: the token is in %s (%s sets another)", name, path, variable)
    return token


def _write(path: Path, text: str) -> None:
    """Put a file in place in one step, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="ascii")
    draft.replace(path)


def _last_port(announced: Path | None) -> int:
    """The free port that was taken last time, so that senders find a restarted endpoint again; 0 for any."""
    if announced is None:
        return 0
    try:
        return int(msgspec.json.decode(announced.read_bytes())["port"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0


def _listen(bind: str, port: int, or_any: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        return socket.create_server((bind, port), family=family, backlog=64)
    except OSError as error:
        if or_any and port:
            return _listen(bind, 0, or_any)
        raise SourceError(f"port {port} of {bind} can't be listened on: {error}; the venue file sets it") from error


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
        with suppress(RuntimeError):  # the endpoint closed while Kafka was answering
            loop.call_soon_threadsafe(done, error)

    return tell


def _answer(status: int, problem: str) -> Response:
    """RFC 9457 problem details."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status, {})
    return Response(
        msgspec.json.encode({"status": status, "detail": problem}), status, headers, "application/problem+json"
    )
