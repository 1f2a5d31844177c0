"""What pages send, read strictly."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from fastapi import HTTPException, Request

LARGEST = 16_384
"""bytes"""

T = TypeVar("T", bound=msgspec.Struct)


async def body_of(request: Request, kind: type[T]) -> T:
    """The JSON of a request; 413 or 422 when it won't do."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "too long")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(422, str(error)) from error
