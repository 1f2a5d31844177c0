"""HTTP endpoint that accepts records of one kind, and answers when Kafka has them."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from schemas.documents import request_body
from schemas.errors import PulsoError
from schemas.topic import Topic
from stream.runtime.addresses import listening_socket, local_host
from stream.runtime.atomic_file import replace_file
from stream.runtime.record import max_time_ahead
from stream.sources.source import EventSink, Source, SourceError, now

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000
MAX_RECORDS = 500
"""Records of one request."""

DELIVERY_SECONDS = 30.0
"""Time in which Kafka must acknowledge the records of a request."""

MAX_CONNECTIONS = 256

SHUTDOWN_SECONDS = 2
"""Time for requests in progress when the endpoint closes."""

MAX_PROBLEMS = 20
"""Bad records that an answer names."""

UTF8_MARK = b"\xef\xbb\xbf"

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")


class RecordError(PulsoError, ValueError):
    """Records of a request are not valid.

    Attributes:
        status: HTTP status of the answer.
        problems: place and reason of each bad record, where the request has several.
    """

    def __init__(self, message: str, status: int = 422, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.problems = problems


class Problem(msgspec.Struct, frozen=True):
    """One bad record of a request.

    Attributes:
        place: line of the request, or place in its list, both from 1.
        detail: reason.
    """

    place: int
    detail: str


class RecordServer(Source, Generic[R]):
    """`POST PATH`: one record, a list, or lines of records (application/x-ndjson).

    The answer is 202 when Kafka has all of them. A sender that got no answer sends again; an id counts once.

    To add an endpoint, derive from it: set `kind`, `record`, `topic`, `path` and `noun`, and implement `key`.

    Args:
        port: port to listen on; 0 takes the port of last time, else any free one.
        token: bearer token that senders must send.
        bind: address to listen on.
        announced: file that the URL is written to.
    """

    has_feeds = True
    record: ClassVar[type[Any]]
    """Type of the JSON that is accepted; it has an id and a time."""
    topic: ClassVar[Topic[Any]]
    """Topic that the records are sent to."""
    path: ClassVar[str]
    """Path of the URL."""
    noun: ClassVar[str]
    """Word for one record: prefix of the event's id in Kafka, and part of error messages."""

    def __init__(self, *, port: int, token: str, bind: str = "127.0.0.1", announced: Path | None = None) -> None:
        super().__init__("http")
        self._token, self._bind, self._port = token, bind, port
        self._announced = announced
        self._socket: socket.socket | None = None
        self._binding = threading.Lock()
        self._decoder: msgspec.json.Decoder[R] = msgspec.json.Decoder(self.record)
        self._list_decoder: msgspec.json.Decoder[list[R]] = msgspec.json.Decoder(list[self.record])  # type: ignore[name-defined]

    def key(self, record: R) -> str:
        """Return the Kafka key of a record."""
        raise NotImplementedError

    def event_id(self, record: R) -> str:
        """Return the id of the event in Kafka: the same for each attempt to send a record."""
        event: Any = record  # the bound of R does not name its id
        return f"{self.noun}/{event.id}"

    def rejection(self, record: R) -> str | None:
        """Return the reason why a record is rejected, or None."""
        del record
        return None

    @property
    def port(self) -> int:
        """Port that it listens on; it is bound at the first access, or by `run`.

        Raises:
            SourceError: The port can't be bound.
        """
        return int(self._listening().getsockname()[1])

    def _listening(self) -> socket.socket:
        with self._binding:
            if self._socket is None:
                self._socket = _listen(self._bind, self._port or _last_port(self._announced), self._port == 0)
            return self._socket

    @property
    def url(self) -> str:
        """URL that records are sent to; for senders on this machine where it listens on all addresses."""
        return f"http://{local_host(self._bind)}:{self.port}{self.path}"

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Serve requests until `stop` is set; see `Source.run`."""
        url = self.url
        log.info("%s: POST %s, with the header Authorization: Bearer TOKEN", self.kind, url)
        if self._announced is not None:
            replace_file(self._announced, msgspec.json.encode({"url": url, "port": self.port}), mode=0o600)
        config = uvicorn.Config(
            self._app(sink), log_config=None, log_level="warning", access_log=False, lifespan="off",
            limit_concurrency=MAX_CONNECTIONS, timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )  # fmt: skip
        server = uvicorn.Server(config)
        sink.report_up()
        watcher = threading.Thread(target=_stop_server_with, args=(server, stop), daemon=True)
        watcher.start()
        listening = self._listening().dup()
        try:
            asyncio.run(server.serve(sockets=[listening]))
        except OSError as error:
            raise SourceError(f"port {self.port}: {error}") from error
        if not stop.is_set():
            raise SourceError("the HTTP server ended by itself")
        self._listening().close()
        self._socket = None

    def _app(self, sink: EventSink) -> FastAPI:
        app = FastAPI(title=f"Pulso {self.kind}", docs_url=None, redoc_url=None, openapi_url=None)

        @app.api_route("/healthz", methods=["GET", "HEAD"])
        async def healthz() -> dict[str, str]:
            return {"status": "ok"}

        @app.post(self.path, openapi_extra={"requestBody": request_body(self.record)})
        async def records(request: Request) -> Response:
            if not self._is_authorized(request.headers.get("authorization", "")):
                sink.count("refused")
                return _answer(401, "send the header Authorization: Bearer TOKEN with the token of this endpoint")
            body = await _body(request)
            if body is None:
                sink.count("refused")
                return _answer(413, f"the request is larger than {MAX_BODY_BYTES} bytes; send fewer records at once")
            try:
                accepted = self._decode(body, request.headers.get("content-type", ""))
            except RecordError as error:
                sink.count("refused")
                return _answer(error.status, str(error), error.problems)
            return await self._forward(sink, accepted)

        return app

    def _is_authorized(self, header: str) -> bool:
        scheme, _, token = header.strip().partition(" ")  # the scheme in any case (RFC 9110, section 11.1)
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token.encode())

    def _decode(self, body: bytes, content_type: str) -> list[R]:
        """Return all records of a request; an invalid one rejects all, so that the sender knows what arrived.

        Raises:
            RecordError: A record is not valid, or there are none or too many.
        """
        body, place = body.removeprefix(UTF8_MARK), "line"
        if "ndjson" in content_type:
            parts = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
        elif body.lstrip()[:1] == b"[":
            place = self.noun
            parts = [(number, bytes(one)) for number, one in enumerate(self._parts_of(body), 1)]
        else:
            place, parts = "", [(1, body)]
        if not parts or len(parts) > MAX_RECORDS:
            raise RecordError(f"{len(parts)} {self.noun}s; send 1 to {MAX_RECORDS} at once")
        latest = now() + max_time_ahead(self.topic)
        records: list[R] = []
        problems: list[Problem] = []
        status = 422
        for number, part in parts:
            try:
                records.append(self._checked(_decoded(self._decoder, part, self.noun), latest))
            except RecordError as error:
                problems.append(Problem(number, str(error)))
                status = error.status if len(problems) == 1 else status
        if problems:
            first = problems[0]
            where = f"{place} {first.place}: " if place else ""
            others = f"; {len(problems) - 1} others, too" if len(problems) > 1 else ""
            raise RecordError(f"{where}{first.detail}{others}", status, problems[:MAX_PROBLEMS] if place else ())
        return records

    def _parts_of(self, body: bytes) -> list[msgspec.Raw]:
        """Return the JSON of each record of a list.

        Raises:
            RecordError: it is not a list; the error is that of a list of records, which says what was found instead.
        """
        try:
            return _RAW_LIST.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            records = _decoded(self._list_decoder, body, self.noun)
            return [msgspec.Raw(msgspec.json.encode(record)) for record in records]

    def _checked(self, record: R, latest: datetime) -> R:
        """Return a record that can be accepted.

        Raises:
            RecordError: it is rejected, or later than `latest`.
        """
        event: Any = record  # the bound of R does not name its id and time
        if (reason := self.rejection(record)) is not None:
            raise RecordError(f"{self.noun} {event.id}: {reason}")
        if event.time > latest:
            raise RecordError(f"{self.noun} {event.id}: {event.time.isoformat()} is in the future; check the clock")
        return record

    async def _forward(self, sink: EventSink, records: list[R]) -> Response:
        loop = asyncio.get_running_loop()
        deliveries = [loop.create_future() for _ in records]

        def send() -> None:
            for record, delivery in zip(records, deliveries, strict=True):
                event: Any = record
                sink.send(
                    self.topic, key=self.key(record), value=record, id=self.event_id(record), time=event.time,
                    delivered=_resolve_in_loop(loop, delivery),
                )  # fmt: skip

        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await asyncio.to_thread(send)  # it blocks while the producer's queue is full
                errors = [error for error in await asyncio.gather(*deliveries) if error]
        except SourceError as error:
            errors = [str(error)]
        except TimeoutError:
            errors = [f"no acknowledgement within {DELIVERY_SECONDS:.0f} s"]
        if errors:
            log.warning("%s: %d %ss were not delivered: %s", self.kind, len(records), self.noun, errors[0])
            return _answer(503, f"the {self.noun}s can't be stored now; send them again in a moment")
        return Response(msgspec.json.encode({"accepted": len(records)}), 202, media_type="application/json")


_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes, noun: str) -> T:
    """Decode JSON.

    Raises:
        RecordError: 400 for bytes that are not JSON, 422 for JSON that is not such a record.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RecordError(f"not a valid {noun}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"not valid JSON: {error}", 400) from error


def stored_token(given: SecretStr | None, path: Path, name: str, variable: str) -> str:
    """Return the token that senders must send: the given one, or one that is made once and kept in a file.

    Args:
        given: the token of the settings.
        path: file of the token that was made.
        name: word for the senders, for the log.
        variable: environment variable that sets another token, for the log.
    """
    if given is not None:
        return given.get_secret_value()
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        token = ""  # nosec B105
    if not token:  # an empty token would let everyone in
        token = secrets.token_urlsafe(24)
        replace_file(path, token + "\n", mode=0o600)
        log.info("%s: a token was made", name)
    log.info("%s: the token is in %s (%s sets another)", name, path, variable)
    return token


def _last_port(announced: Path | None) -> int:
    """Return the port of last time, so that senders find a restarted endpoint again; 0 where there was none."""
    if announced is None:
        return 0
    try:
        return int(msgspec.json.decode(announced.read_bytes())["port"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0


def _listen(bind: str, port: int, any_port: bool) -> socket.socket:
    try:
        return listening_socket(bind, port)
    except OSError as error:
        if any_port and port:
            return _listen(bind, 0, any_port)
        raise SourceError(f"port {port} of {bind} can't be bound: {error}; the venue file sets another") from error


def _stop_server_with(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True


async def _body(request: Request) -> bytes | None:
    """Return the body; None when it is larger than MAX_BODY_BYTES, whatever its header says."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _resolve_in_loop(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[str | None]
) -> Callable[[str | None], None]:
    """Return a callback for the producer's thread that resolves a future of the event loop."""

    def resolve(error: str | None) -> None:
        if not future.done():
            future.set_result(error)

    def call(error: str | None) -> None:
        with suppress(RuntimeError):  # the endpoint closed before Kafka acknowledged
            loop.call_soon_threadsafe(resolve, error)

    return call


def _answer(status: int, problem: str, problems: Sequence[Problem] = ()) -> Response:
    """Return an answer with problem details (RFC 9457); its member `errors` names each bad record of several."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status, {})
    body: dict[str, object] = {"status": status, "detail": problem}
    if problems:
        body["errors"] = problems
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")
