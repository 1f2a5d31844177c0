"""The contract of a source, and the supervisor that keeps one alive."""

from __future__ import annotations

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from schemas.errors import PulsoError
from schemas.topic import Topic
from stream.runtime import metrics
from stream.runtime.producer import EventProducer, NotDeliveredError

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""seconds before a lost source is opened again; doubled each time, and shortened at random by up to a half"""

FLUSH_SECONDS = 90.0
"""longer than the producer keeps trying, which therefore answers first"""

STOP_SECONDS, LAST_SECONDS = 4.0, 2.0
"""how long all sources, and the last events of one, may take to end"""

CAME_BACK_SECONDS = 60.0
"""A source that delivered for so long may begin with the first pause again."""


class SourceError(PulsoError, RuntimeError):
    """The source is lost for now: it will be opened again. The message says what to look at, without secrets."""


class Outlet:
    """Where one run of a source puts its events; counts them, and is safe to use from the producer's thread.

    It waits for its own events alone: the producer is shared, and a busy camera must not hold up the mail.
    """

    def __init__(self, producer: EventProducer, kind: str, name: str, stop: threading.Event | None = None) -> None:
        self._producer = producer
        self._kind, self._name = kind, name
        self._stop = stop or threading.Event()
        self._changed = threading.Condition()
        self._waiting = self._lost = 0
        self._closed = False

    def send(
        self,
        topic: Topic[Any],
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
                log.warning("%s %s: an event did not reach Kafka: %s", self._kind, self._name, error)
            else:
                self.alive()
                metrics.SOURCE_LAST_EVENT.labels(self._kind, self._name).set_to_current_time()
            self._settle(lost=error is not None)
            if delivered is not None:
                delivered(error)

        with self._changed:
            self._waiting += 1
        try:
            self._producer.send(
                topic,
                key=key,
                value=value,
                id=id,
                source=f"{self._kind}/{self._name}",
                time=time,
                content_type=content_type,
                delivered=report,
            )
        except NotDeliveredError as error:
            self.count("failed")
            self._settle(lost=True)
            raise SourceError(str(error)) from error

    def _settle(self, *, lost: bool) -> None:
        with self._changed:
            self._waiting -= 1
            self._lost += lost
            self._changed.notify_all()

    def count(self, outcome: str, number: int = 1) -> None:
        """Count events by what became of them: sent, refused, failed."""
        metrics.SOURCE_EVENTS.labels(self._kind, self._name, outcome).inc(number)

    def alive(self) -> None:
        """The source works, though it may have nothing to tell."""
        with self._changed:
            if not self._closed:
                metrics.SOURCE_UP.labels(self._kind, self._name).set(1)

    def close(self) -> None:
        """The run is over: what Kafka still acknowledges no longer says that the source works."""
        with self._changed:
            self._closed = True
            metrics.SOURCE_UP.labels(self._kind, self._name).set(0)

    def flush(self) -> None:
        """Wait until Kafka has everything that this run sent since the last time.

        Raises:
            SourceError: it has not, and what is missing must be sent again.
        """
        deadline = time.monotonic() + FLUSH_SECONDS
        with self._changed:
            while self._waiting and time.monotonic() < deadline:
                self._changed.wait(0.2)
                if self._stop.is_set():
                    deadline = min(deadline, time.monotonic() + LAST_SECONDS)
            missing, self._lost = self._waiting + self._lost, 0
        if missing:
            raise SourceError(f"{missing} events did not reach Kafka")


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
    jitter = random.Random(f"{seed}/{source.kind}/{source.name}")
    pause = FIRST_PAUSE
    while not stop.is_set():
        outlet = Outlet(producer, source.kind, source.name, stop)
        metrics.SOURCE_UP.labels(source.kind, source.name).set(0)
        began = time.monotonic()
        try:
            source.run(outlet, stop)
        except SourceError as error:
            log.warning("%s %s: %s", source.kind, source.name, error)
        except Exception:
            log.exception("%s %s ended unexpectedly", source.kind, source.name)
        else:
            return
        finally:
            outlet.close()
        if time.monotonic() - began > CAME_BACK_SECONDS:
            pause = FIRST_PAUSE
        if stop.wait(pause * jitter.uniform(0.5, 1.0)):
            return
        pause = min(2 * pause, LONGEST_PAUSE)
        metrics.SOURCE_RECONNECTS.labels(source.kind, source.name).inc()


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
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))
    if left := [thread.name for thread in threads if thread.is_alive()]:
        log.warning("%s did not end in time and is left behind", ", ".join(left))


def now() -> datetime:
    """The clock of sources: the moment at which a frame or a fragment was taken."""
    return datetime.now(UTC)
