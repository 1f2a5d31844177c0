"""Strictly decoded JSON bodies of requests, and the response while Redis is not available."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import msgspec
from fastapi import HTTPException, Request
from redis.exceptions import RedisError

MAX_BODY_BYTES = 16_384

RequestId = Annotated[str, msgspec.Meta(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")]
"""Id that the browser makes: sent again under the same id, a change is made once."""

T = TypeVar("T", bound=msgspec.Struct)


async def decode_body(request: Request, kind: type[T], max_bytes: int = MAX_BODY_BYTES) -> T:
    """Return the JSON body of a request.

    Raises:
        HTTPException: the body is too long (413), or not valid JSON of this kind (422).
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise HTTPException(413, f"the body is longer than {max_bytes} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(422, str(error)) from error


def request_origin(request: Request) -> str:
    """Return the address that a request comes from, for the audit stream."""
    # A server that listens on :: sees IPv4 as part of IPv6.
    return request.client.host.removeprefix("::ffff:") if request.client else ""


@contextmanager
def redis_required() -> Iterator[None]:
    """Answer 503 while Redis does not answer.

    Raises:
        HTTPException: Redis did not answer within the block.
    """
    try:
        yield
    except (RedisError, OSError) as error:
        raise HTTPException(503, "Redis does not answer; try again") from error
