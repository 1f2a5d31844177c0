"""Dead letters: the bytes as they came, and headers that say why, where and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from faust.types import EventT

from schemas.cloudevents import Headers
from stream.runtime.decoding import UnusableError

PREFIX = "pulso_dead_"


def dead_letter_headers(event: EventT[Any], error: UnusableError, *, worker: str, now: datetime) -> Headers:
    """The record's own headers, then ours. A letter that dies again keeps only the newest reason.

    What the sender wrote may hold personal data, so the reason is cut short and never logged beside it.
    """
    own = [(name, value or b"") for name, value in dict(event.headers or {}).items() if not name.startswith(PREFIX)]
    message = event.message
    said = {
        "reason": error.reason,
        "error": str(error)[:1000],
        "worker": worker,
        "topic": message.topic,
        "partition": str(message.partition),
        "offset": str(message.offset),
        "time": now.astimezone(UTC).isoformat(),
    }
    return [*own, *((PREFIX + name, value.encode()) for name, value in said.items())]
