"""Fixtures for end-to-end tests: real Kafka, Redis and workers, and waiting for their output."""

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

TIMEOUT_S = 90.0
"""Timeout in seconds that only ends tests that hang; no test measures speed."""


class StackClient:
    """Client of a running stack: reads topics, Redis and log files, and shares no code path with the workers."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.settings = stack.settings

    def records(self, topic: Topic) -> list[tuple[Envelope, Any]]:
        """Return all records of a topic with JSON values."""
        decoder = msgspec.json.Decoder(topic.record)
        return [
            (Envelope.from_headers(headers_of(message)), decoder.decode(message.value() or b""))
            for message in read_all(self.settings, topic.name)
        ]

    def valid_records(self, topic: Topic) -> list[Any]:
        """Return the decodable records of a topic, where a test sent invalid ones, too."""
        records = []
        for message in read_all(self.settings, topic.name):
            try:
                records.append(msgspec.json.decode(message.value() or b"", type=topic.record))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return records

    def dead_letters(self, topic: Topic) -> list[bytes | None]:
        """Return the values of all dead letters of a topic."""
        return [message.value() for message in read_all(self.settings, topic.dead.name)]

    def alerts(self, audience: str) -> list[Alert]:
        """Return all alert steps of an audience, oldest first."""
        redis = Redis.from_url(self.settings.redis_url())
        entries: Any = redis.xrange(STREAM.format(audience=audience))
        return [msgspec.json.decode(fields[b"alert"], type=Alert) for _, fields in entries]

    def wait_for(self, description: str, poll: Callable[[], T], *, timeout: float = TIMEOUT_S) -> T:
        """Poll until the result is true; the error ends with the workers' logs."""
        deadline = time.monotonic() + timeout
        result: T | None = None
        while time.monotonic() < deadline:
            result = poll()
            if result:
                return result
            time.sleep(0.5)
        logs = "\n".join(
            f"--- {name}\n{child.log.read_text(errors='replace')[-1500:]}"
            for name, child in self.stack.children.items()
            if name not in ("kafka", "redis")
        )
        raise AssertionError(f"{description}: not after {timeout:.0f} s; last result {result!r}\n{logs}")


@pytest.fixture
def stack_client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StackClient]:
    """Stack with Kafka, Redis and the workers named by the test's `workers` marker."""
    marker = request.node.get_closest_marker("workers")
    names = marker.args if marker else ("alerts",)
    venue = marker.kwargs.get("venue") if marker else None
    with LocalStack(tmp_path, venue=venue, workers=names, with_prometheus=False, with_console=False) as stack:
        yield StackClient(stack)


@pytest.fixture
def evening() -> datetime:
    """Time of an evening some months ago, because event time differs from the machine's clock."""
    return datetime(2026, 7, 4, 20, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    """Return a span of event time."""
    return timedelta(minutes=number)
