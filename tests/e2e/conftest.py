"""A real Kafka, a real Redis and real workers, and ways to wait for what comes out of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from redis import Redis

from schemas.alerts import Alert
from schemas.cloudevents import Envelope
from schemas.topic import Topic
from stream.local import LocalStack
from stream.runtime.topic_reader import headers_of, read_all
from stream.stores.alert_store import STREAM

T = TypeVar("T")

PATIENCE = 90.0
"""seconds; no test measures speed, so this only ends what would never end"""


class Outside:
    """What a user of the stack sees: topics, Redis, files. It shares nothing with the workers."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.settings = stack.settings

    def records(self, topic: Topic) -> list[tuple[Envelope, Any]]:
        """All records of a topic of JSON."""
        decoder = msgspec.json.Decoder(topic.record)
        return [
            (Envelope.from_headers(headers_of(message)), decoder.decode(message.value() or b""))
            for message in read_all(self.settings, topic.name)
        ]

    def good(self, topic: Topic) -> list[Any]:
        """Those records of a topic that can be read, where a test put garbage among them."""
        found = []
        for message in read_all(self.settings, topic.name):
            try:
                found.append(msgspec.json.decode(message.value() or b"", type=topic.record))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return found

    def dead(self, topic: Topic) -> list[bytes | None]:
        """Values of all dead letters of a topic."""
        return [message.value() for message in read_all(self.settings, topic.dead.name)]

    def alerts(self, audience: str) -> list[Alert]:
        """All steps in the stream of an audience, oldest first."""
        redis = Redis.from_url(self.settings.redis_url())
        entries: Any = redis.xrange(STREAM.format(audience=audience))
        return [msgspec.json.decode(fields[b"alert"], type=Alert) for _, fields in entries]

    def wait(self, what: str, look: Callable[[], T], *, patience: float = PATIENCE) -> T:
        """Ask again and again until the answer is true; the error ends with the workers' logs."""
        end = time.monotonic() + patience
        answer: T | None = None
        while time.monotonic() < end:
            answer = look()
            if answer:
                return answer
            time.sleep(0.5)
        logs = "\n".join(
            f"--- {name}\n{child.log.read_text(errors='replace')[-1500:]}"
            for name, child in self.stack.children.items()
            if name not in ("kafka", "redis")
        )
        raise AssertionError(f"{what}: not after {patience:.0f} s; last answer {answer!r}\n{logs}")


@pytest.fixture
def outside(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Outside]:
    """A stack with the workers that the test's `workers` marker names, and Kafka and Redis."""
    marker = request.node.get_closest_marker("workers")
    names = marker.args if marker else ("alerts",)
    venue = marker.kwargs.get("venue") if marker else None
    with LocalStack(tmp_path, venue=venue, workers=names, with_prometheus=False, with_console=False) as stack:
        yield Outside(stack)


@pytest.fixture
def evening() -> datetime:
    """An evening a few months ago: event time is never the clock of the machine."""
    return datetime(2026, 7, 4, 20, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    """A span of event time."""
    return timedelta(minutes=number)
