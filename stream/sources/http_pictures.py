"""JPEG pictures over HTTP: a motion JPEG stream, or a camera that gives one picture at each request.

Pictures in a stream are found by their own marks and not by the boundaries between them, which many cameras leave out
before the first picture or write otherwise than they announce.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from typing import BinaryIO
from urllib.parse import unquote, urlsplit, urlunsplit

from processors.cameras.picture import jpeg_end
from stream.sources.source import SourceError

CHUNK_BYTES = 64 * 1024

MAX_PICTURE_BYTES = 32 * 1024 * 1024
"""Bytes after which what began as a picture is none."""

PICTURE_TYPES = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png")

PEEK_BYTES = 2048
"""Bytes at the beginning of an answer of an unknown type in which a picture of it begins."""

_BEGIN, _SCAN = b"\xff\xd8\xff", b"\xff\xda"


class NotPicturesError(SourceError):
    """The address gives something else than pictures, such as a video."""


def http_pictures(url: str, *, rate: float, timeout: float, stop: threading.Event) -> Iterator[bytes]:
    """Yield the pictures of an address, as they came.

    Args:
        url: http:// or https://, with a user's name and password where the camera wants them.
        rate: pictures per second that a camera is asked for which gives one at each request.
        timeout: seconds for connecting and for each read.
        stop: ends the polling.

    Raises:
        NotPicturesError: The answer is neither a stream of pictures nor a picture.
        SourceError: There is no answer, or the server refuses; the message holds no address.
    """
    opener, address = _opener(url)
    due = time.monotonic()
    while True:
        try:
            with opener.open(address, timeout=timeout) as answer:
                if answer.headers.get_content_type().lower() in PICTURE_TYPES:
                    yield answer.read(MAX_PICTURE_BYTES)
                elif (yield from _stream(answer)) != 1:  # a camera may call a single picture a stream
                    return
        except urllib.error.HTTPError as error:
            raise SourceError(f"can't be opened (status {error.code})") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SourceError(f"can't be opened ({type(error).__name__})") from None
        due = max(due + 1 / rate, time.monotonic())  # the time that the answer took is not added
        if stop.wait(due - time.monotonic()):
            return


def _stream(answer: http.client.HTTPResponse) -> Generator[bytes, None, int]:
    """Yield the pictures of an answer that is a stream of them, or says nothing useful of itself; return their number.

    Raises:
        NotPicturesError: It is something else.
    """
    kind, head = answer.headers.get_content_type().lower(), b""
    if not kind.startswith("multipart/"):
        while len(head) < PEEK_BYTES and _BEGIN not in head and (more := _read_some(answer)):
            head += more
        if _BEGIN not in head[: PEEK_BYTES + len(_BEGIN)]:
            raise NotPicturesError(f"gives {kind}, not pictures")
    number = 0
    for jpeg in jpegs_in(answer, head):
        number += 1
        yield jpeg
    return number


def jpegs_in(stream: BinaryIO, head: bytes = b"") -> Iterator[bytes]:
    r"""Yield the JPEG pictures in a stream of bytes; whatever is between them is left out.

    Args:
        stream: the bytes.
        head: bytes of it that were read before.

    >>> import io
    >>> body = b"--x\r\n\r\n\xff\xd8\xff\xda\0\2one\xff\xd9\r\n\xff\xd8\xff\xda\0\2two\xff\xd9--x \xff\xd8\xff"
    >>> [len(jpeg) for jpeg in jpegs_in(io.BytesIO(body))]
    [11, 11]
    """
    buffer = bytearray()
    while chunk := head or _read_some(stream):
        head = b""
        buffer += chunk
        while True:
            begin = buffer.find(_BEGIN)
            del buffer[: begin if begin >= 0 else max(0, len(buffer) - len(_BEGIN) + 1)]
            end = jpeg_end(buffer) if begin >= 0 else None
            if end is None:
                # Without an end, but with the next picture after its data, it was cut off: sent, so that it is counted.
                end = buffer.find(_BEGIN, buffer.find(_SCAN)) if _SCAN in buffer else -1
            if end < 0:
                break
            yield bytes(buffer[:end])
            del buffer[:end]
        if len(buffer) > MAX_PICTURE_BYTES:
            buffer.clear()


def _read_some(stream: BinaryIO) -> bytes:
    """Return what has come, rather than all that was asked for; nothing at the end of the stream, however it ends."""
    try:
        return bytes(getattr(stream, "read1", stream.read)(CHUNK_BYTES))
    except (OSError, http.client.HTTPException):
        return b""


def _opener(url: str) -> tuple[urllib.request.OpenerDirector, str]:
    """Return an opener with the name and password of the address, by Basic or Digest, and the address without them."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    address = urlunsplit(parts._replace(netloc=host))
    handlers: list[urllib.request.BaseHandler] = []
    if parts.username is not None:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, address, unquote(parts.username), unquote(parts.password or ""))
        handlers = [urllib.request.HTTPDigestAuthHandler(passwords), urllib.request.HTTPBasicAuthHandler(passwords)]
    # Cameras make their own certificates, which nobody has signed.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.build_opener(*handlers, urllib.request.HTTPSHandler(context=context)), address
