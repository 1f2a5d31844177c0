"""Answers that many phones poll: encoded once for all, and not sent again to those that have them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from fastapi import Request, Response
from msgspec import Struct

MAX_AGE_SECONDS = 1.0
"""Time for which an answer that depends on the clock is not made anew."""


@dataclass(frozen=True, slots=True)
class TaggedAnswer:
    """JSON with its entity tag (RFC 9110, 8.8.3)."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, fields: Mapping[str, object] | Struct) -> TaggedAnswer:
        """Encode an answer.

        >>> TaggedAnswer.of({"sets": []}).tag == TaggedAnswer.of({"sets": []}).tag
        True
        """
        body = msgspec.json.encode(fields)
        return cls(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')

    def response(self, request: Request) -> Response:
        """Return the answer, or 304 without a body if the request names its tag."""
        headers = {"ETag": self.tag}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type="application/json", headers=headers)


class SharedAnswer:
    """An answer that is made at most once a second, however many ask for it.

    Args:
        make: returns its fields.
    """

    def __init__(self, make: Callable[[], Struct]) -> None:
        self._make = make
        self._made_at = float("-inf")
        self._answer: TaggedAnswer | None = None

    def get(self) -> TaggedAnswer:
        """Return the answer."""
        now = time.monotonic()
        if self._answer is None or now - self._made_at >= MAX_AGE_SECONDS:
            self._answer, self._made_at = TaggedAnswer.of(self._make()), now
        return self._answer
