"""One real broker for all sources, and a reader of what they bring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Message

from schemas.topic import Topic
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.sources.source import Source, run_all


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("broker")
    with LocalStack(folder, workers=(), with_prometheus=False, with_console=False) as stack:
        yield stack.settings


class Brought:
    """Records of a topic that one test's key or id names, since all tests share the broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, topic: Topic, key: str) -> list[Message]:
        return [m for m in read_all(self._settings, topic.name) if (m.key() or b"").decode() == key]

    def wait(self, topic: Topic, key: str, number: int, patience: float = 120) -> list[Message]:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = self.of(topic, key)
            if len(found) >= number:
                return found
            time.sleep(0.3)
        raise AssertionError(f"{topic.name} has {len(self.of(topic, key))} records of {key}, not {number}")


@pytest.fixture
def brought(broker: Settings) -> Brought:
    return Brought(broker)


@pytest.fixture
def running(broker: Settings) -> Callable[..., object]:
    """Run sources in the background of a `with` block, as `pulso sources` does."""

    @contextmanager
    def run(*sources: Source) -> Iterator[threading.Thread]:
        stop = threading.Event()
        with EventProducer(broker) as producer:
            thread = threading.Thread(target=run_all, args=(list(sources), producer, stop))
            thread.start()
            try:
                yield thread
            finally:
                stop.set()
                thread.join(timeout=15)
                assert not thread.is_alive(), "the sources did not stop"

    return run


def message(name: str, text: str = "¿Dónde puedo aparcar?") -> bytes:
    """A short message, as it lies in a mailbox."""
    return f"Message-ID: <{name}>\r\nSubject: Pregunta\r\nFrom: a@example.org\r\n\r\n{text}\r\n".encode()
