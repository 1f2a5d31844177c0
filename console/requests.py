"""JSON bodies of requests, decoded strictly."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from fastapi import HTTPException, Request

MAX_BODY_BYTES = 16_384

T = TypeVar("T", bound=msgspec.Struct)


async def decode_body(request: Request, kind: type[T]) -> T:
    """Return the JSON body of a request.

    Raises:
        HTTPException: the body is too long (413), or not valid JSON of this kind (422).
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(422, str(error)) from error


def request_origin(request: Request) -> str:
    """Return the address that a request comes from, for the audit stream."""
    return request.client.host if request.client else ""
