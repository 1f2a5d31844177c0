"""The contract of a source, and the supervisor that keeps one alive."""

from __future__ import annotations

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from schemas.topics import Topic
from stream import metrics
from stream.producer import EventProducer, NotDeliveredError

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""seconds before a lost source is opened again; doubled each time, and shortened at random by up to a half"""

CAME_BACK_SECONDS = 60.0
"""A source that delivered for so long may begin with the first pause again."""


class SourceError(RuntimeError):
    """The source is lost for now: it will be opened again. The message says what to look at, without secrets."""


class Outlet:
    """Where a source puts its events; counts them, and is safe to use from the producer's thread."""

    def __init__(self, producer: EventProducer, kind: str, name: str) -> None:
        self._producer = producer
        self._kind, self._name = kind, name
        self._lost = 0

    def send(
        self,
        topic: Topic,
        *,
        key: str,
        value: bytes | msgspec.Struct,
        id: str,
        time: datetime,
        content_type: str | None = None,
        delivered: Callable[[str | None], None] | None = None,
    ) -> None:
        """Hand one event over; `delivered` is called with None, or with why it did not arrive.

        Raises:
            SourceError: Kafka takes nothing; the source should stop and be opened again.
        """

        def report(error: str | None) -> None:
            self.count("sent" if error is None else "failed")
            if error is not None:
                self._lost += 1
                log.warning("%s %s: an event did not reach Kafka: %s", self._kind, self._name, error)
            else:
                metrics.SOURCE_UP.labels(self._kind, self._name).set(1)
                metrics.SOURCE_LAST_EVENT.labels(self._kind, self._name).set_to_current_time()
            if delivered is not None:
                delivered(error)

        source = f"{self._kind}/{self._name}"
        try:
            self._producer.send(
                topic,
                key=key,
                value=value,
                id=id,
                source=source,
                time=time,
                content_type=content_type,
                delivered=report,
            )
        except NotDeliveredError as error:
            self.count("failed")
            raise SourceError(str(error)) from error

    def count(self, outcome: str, number: int = 1) -> None:
        """Count events by what became of them: sent, refused, failed."""
        metrics.SOURCE_EVENTS.labels(self._kind, self._name, outcome).inc(number)

    def alive(self) -> None:
        """The source works, though it has nothing to tell."""
        metrics.SOURCE_UP.labels(self._kind, self._name).set(1)

    def flush(self) -> None:
        """Wait until Kafka has everything that was sent since the last time.

        Raises:
            SourceError: it has not.
        """
        try:
            self._producer.flush()
        except NotDeliveredError as error:
            raise SourceError(str(error)) from error
        lost, self._lost = self._lost, 0
        if lost:
            raise SourceError(f"{lost} events did not reach Kafka")


class Source(ABC):
    """Something that delivers events until it is told to stop, or has no more."""

    kind: ClassVar[str]

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        """Deliver until `stop` is set; return when there is no more.

        Raises:
            SourceError: lost; it is opened again after a pause.
        """


def supervise(source: Source, producer: EventProducer, stop: threading.Event, *, seed: int = 0) -> None:
    """Run a source, and open it again whenever it is lost, until `stop` is set or it has no more."""
    outlet = Outlet(producer, source.kind, source.name)
    jitter = random.Random(f"{seed}/{source.kind}/{source.name}")
    up = metrics.SOURCE_UP.labels(source.kind, source.name)
    up.set(0)
    pause = FIRST_PAUSE
    while not stop.is_set():
        began = time.monotonic()
        try:
            source.run(outlet, stop)
        except SourceError as error:
            log.warning("%s %s: %s", source.kind, source.name, error)
        except Exception:
            log.exception("%s %s ended unexpectedly", source.kind, source.name)
        else:
            up.set(0)
            return
        up.set(0)
        if time.monotonic() - began > CAME_BACK_SECONDS:
            pause = FIRST_PAUSE
        stop.wait(pause * jitter.uniform(0.5, 1.0))
        pause = min(2 * pause, LONGEST_PAUSE)
        metrics.SOURCE_RECONNECTS.labels(source.kind, source.name).inc()
    up.set(0)


def run_all(sources: list[Source], producer: EventProducer, stop: threading.Event) -> None:
    """Run each source in a thread of its own until all have ended or `stop` is set."""
    threads = [
        threading.Thread(
            target=supervise, args=(source, producer, stop), name=f"{source.kind}-{source.name}", daemon=True
        )
        for source in sources
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not stop.wait(0.2):
        pass
    stop.set()
    for thread in threads:
        thread.join(timeout=5)


def now() -> datetime:
    """The clock of sources: the moment at which a frame or a fragment was taken."""
    return datetime.now(UTC)
