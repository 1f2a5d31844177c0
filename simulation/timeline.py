"""Items of a timeline: events that are ready to send, and media that must be rendered first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from schemas.errors import PulsoError
from schemas.topic import Topic

StreamName = Literal["cameras", "tills", "mail", "posts", "music", "context", "programme", "attendees"]
TimedMedia = list[tuple[float, bytes]]
"""Pairs of a time in seconds since the doors opened, and the encoded image or sound of that time."""


class SimulationError(PulsoError, RuntimeError):
    """The simulation produced something that cannot be played; the message says what and where."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Event that is ready to be sent at a time.

    Attributes:
        time: time of sending, in seconds since the doors opened.
        id: `ce_id`, the same in every run with the same seed.
        content_type: content type of the value, where it differs from the topic's.
        occurred_at: event time in seconds since the doors opened, where the event could only be sent later.
        important: see `PlannedMedia.important`.
    """

    stream: StreamName
    topic: Topic[Any]
    time: float
    key: str
    id: str
    source: str
    value: bytes | msgspec.Struct
    content_type: str | None = None
    occurred_at: float | None = None
    important: bool = False


@dataclass(frozen=True, slots=True)
class PlannedMedia:
    """Images or sound that must be rendered before they are sent.

    Attributes:
        make: returns the media; a `functools.partial` of a function, so that another process can call it.
        important: never skipped under load; playback pauses until the media are ready.
    """

    stream: StreamName
    topic: Topic[Any]
    time: float
    key: str
    source: str
    make: Callable[[], TimedMedia]
    important: bool = False
    content_type: str | None = None

    def ready(self, time: float, value: bytes, taken: datetime) -> TimelineEvent:
        """Return the event of one image or fragment; its id contains the source and the capture time."""
        name = f"{self.source}@{taken:%Y%m%dT%H%M%S.%f}"
        return TimelineEvent(
            self.stream, self.topic, time, self.key, name, self.source, value, self.content_type, None, self.important
        )
