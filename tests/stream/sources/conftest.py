"""Fixtures for source tests: one real broker for all sources, and a reader of the records that they send."""

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


class RecordReader:
    """Reader of the records with one key, because all tests share the broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, topic: Topic, key: str) -> list[Message]:
        return [m for m in read_all(self._settings, topic.name) if (m.key() or b"").decode() == key]

    def wait_for(self, topic: Topic, key: str, number: int, timeout: float = 120) -> list[Message]:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            records = self.read(topic, key)
            if len(records) >= number:
                return records
            time.sleep(0.3)
        raise AssertionError(f"{topic.name} has {len(self.read(topic, key))} records of {key}, not {number}")


@pytest.fixture
def record_reader(broker: Settings) -> RecordReader:
    return RecordReader(broker)


@pytest.fixture
def run_sources(broker: Settings) -> Callable[..., object]:
    """Return a context manager that runs sources in the background, as `pulso sources` does."""

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


def mail_message(name: str, text: str = "¿Dónde puedo aparcar?") -> bytes:
    """Return a short mail as stored in a mailbox."""
    return f"Message-ID: <{name}>\r\nSubject: Pregunta\r\nFrom: a@example.org\r\n\r\n{text}\r\n".encode()
