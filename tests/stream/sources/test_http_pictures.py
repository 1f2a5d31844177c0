"""Pictures over HTTP: streams with odd boundaries, snapshots that are polled, passwords, and what is no picture."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import cv2
import numpy as np
import pytest

from stream.sources.http_pictures import NotPicturesError, http_pictures
from stream.sources.source import SourceError


def jpeg(seed: int) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


PICTURES = [jpeg(seed) for seed in range(4)]
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/camera"
    finally:
        running.shutdown()


def respond(handler: BaseHTTPRequestHandler, kind: str, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.end_headers()
    handler.wfile.write(body)


def read(url: str, number: int = 4) -> list[bytes]:
    return list(islice(http_pictures(url, rate=50, timeout=5, stop=threading.Event()), number))


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("multipart/x-mixed-replace; boundary=frame", [b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"] * 4),
        ("multipart/x-mixed-replace; boundary=frame", [b"", *[b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"] * 3]),
        ("multipart/x-mixed-replace; boundary=--other", [b"\n\n--frame\nContent-Length: 1\n\n"] * 4),
        ("multipart/x-mixed-replace", [b"--frame\r\n\r\n"] * 4),
        ("multipart/x-mixed-replace;boundary=x", [b""] * 4),
    ],
    ids=["usual", "no first boundary", "another boundary and a wrong length", "none announced", "none at all"],
)
def test_stream_is_read_whatever_its_boundaries_are(kind: str, parts: list[bytes]) -> None:
    body = b"".join(part + picture + b"\r\n" for part, picture in zip(parts, PICTURES, strict=True))
    with server(lambda handler: respond(handler, kind, body)) as url:
        assert read(url) == PICTURES


@pytest.mark.parametrize(
    "kind",
    ["image/jpeg", "image/jpg; charset=x", "application/octet-stream", "text/plain", "multipart/x-mixed-replace"],
)
def test_snapshot_is_polled(kind: str) -> None:
    numbers = iter(range(100))
    with server(lambda handler: respond(handler, kind, PICTURES[next(numbers) % 4])) as url:
        assert read(url, 8) == PICTURES * 2


@pytest.mark.parametrize("kind", ["video/x-motion-jpeg", "image/x-mixed-replace", "text/html"])
def test_stream_of_another_type_is_read(kind: str) -> None:
    body = b"".join(b"--x\r\nContent-Type: image/jpeg\r\n\r\n" + picture for picture in PICTURES)
    with server(lambda handler: respond(handler, kind, body)) as url:
        assert read(url) == PICTURES


def test_stream_goes_on_after_picture_that_was_cut_off() -> None:
    body = PICTURES[0] + b"--x\r\n\r\n" + PICTURES[1][:-200] + b"\r\n--x\r\n\r\n" + PICTURES[2] + b"--x"
    with server(lambda handler: respond(handler, "multipart/x-mixed-replace; boundary=x", body)) as url:
        found = read(url)
    assert found[0] == PICTURES[0] and found[-1] == PICTURES[2] and len(found) == 3


def test_password_is_sent_and_never_shown() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        wanted = "Basic " + base64.b64encode(b"guard:hun@ter2").decode()
        if handler.headers.get("Authorization") == wanted:
            respond(handler, "image/jpeg", PICTURES[0])
            return
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Basic realm="camera"')
        handler.end_headers()

    with server(answer) as url:
        assert read(url.replace("//", "//guard:hun%40ter2@"), 1) == PICTURES[:1]
        with pytest.raises(SourceError) as error:
            read(url.replace("//", "//guard:wrong@"))
    assert "401" in str(error.value) and "wrong" not in str(error.value)


def test_video_and_missing_camera_are_told_apart() -> None:
    with server(lambda handler: respond(handler, "video/mp2t", b"x")) as url, pytest.raises(NotPicturesError):
        read(url)
    with server(lambda handler: respond(handler, "text/plain", b"", 404)) as url, pytest.raises(SourceError):
        read(url)
