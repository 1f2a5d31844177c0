"""What the evening is cut into: events that are ready, and media that some process must make first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from schemas.topic import Topic

StreamName = Literal["cameras", "tills", "mail", "posts", "music", "context"]
Media = list[tuple[float, bytes]]
"""Pairs of a time in seconds since the doors opened, and what was taken then."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An event to send at a time.

    Attributes:
        time: seconds since the doors opened.
        id: `ce_id`, the same in every run with the same seed.
        content_type: of the value, where it isn't the topic's own.
        happened: when it came to be, where that was before it could be sent.
        important: as `Planned.important`.
    """

    stream: StreamName
    topic: Topic[Any]
    time: float
    key: str
    id: str
    source: str
    value: bytes | msgspec.Struct
    content_type: str | None = None
    happened: float | None = None
    important: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """Pictures or sound to be made ahead of their time.

    Attributes:
        make: returns the media; a `functools.partial` of a function, so that another process can call it.
        important: never left out, however far the models fall behind: the evening waits for them.
    """

    stream: StreamName
    topic: Topic[Any]
    time: float
    key: str
    source: str
    make: Callable[[], Media]
    important: bool = False
    content_type: str | None = None

    def ready(self, time: float, value: bytes, taken: datetime) -> Ready:
        """The event of one picture or fragment; its id names the place and the instant when it was taken."""
        name = f"{self.source}@{taken:%Y%m%dT%H%M%S.%f}"
        return Ready(
            self.stream, self.topic, time, self.key, name, self.source, value, self.content_type, None, self.important
        )
