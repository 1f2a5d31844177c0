"""Sources: the interface, and the supervisor that opens a lost one again.

To create a source, derive from `Source`, set `kind` and implement `run`. Raise `SourceError` when it is lost: the
supervisor calls `run` again after a pause. The pauses are not left to a retry library, since a process that stops must
end them at once, and a source that worked for a while begins with the shortest again.
"""

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
from schemas.sources import WATCH, source_key
from schemas.topic import Topic
from stream.runtime import metrics
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.sources.source_reports import SourceActivity, SourceReporter

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 30.0
"""First and longest pause before a lost source is opened again.

It is doubled each time, and shortened at random by up to a half.
"""

FLUSH_SECONDS = 90.0
"""Time-out of `EventSink.flush`; longer than the producer's own, which therefore reports first."""

STOP_SECONDS, FINAL_FLUSH_SECONDS = 4.0, 2.0
"""Time for all sources to end, and for the last events of one to be acknowledged."""

RETRY_RESET_SECONDS = 60.0
"""Duration of a run after which the pauses begin with the first again."""


class SourceError(PulsoError, RuntimeError):
    """The source is lost and will be opened again. The message says what to check, and holds no secrets."""


class EventSink:
    """Sends the events of one run of a source to Kafka and counts them; safe to use from the producer's thread.

    `flush` waits for the events of this run only: the producer is shared, and a busy camera must not delay the mail.
    """

    def __init__(
        self,
        producer: EventProducer,
        kind: str,
        name: str,
        stop: threading.Event | None = None,
        activity: SourceActivity | None = None,
    ) -> None:
        self._producer = producer
        self._kind, self._name = kind, name
        self._activity = activity or SourceActivity(kind, name)
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
        damaged: bool = False,
    ) -> None:
        """Send one event.

        Args:
            topic: topic of the event.
            key: key of the record.
            value: bytes, or a record that is encoded as JSON.
            id: id of the event; the same for every attempt to send it.
            time: time of the event.
            content_type: content type where it is not that of the topic.
            delivered: called from the producer's thread with None, or with the reason why the event did not arrive.
            damaged: whether parts of a picture got lost on its way.

        Raises:
            SourceError: The producer's queue stayed full: the source should stop and be opened again.
        """

        def report(error: str | None) -> None:
            self.count("sent" if error is None else "failed")
            if error is not None:
                log.warning(
                    "%s %s: an event did not reach Kafka: %s", self._kind, self._name, error, extra={"event_id": id}
                )
            else:
                self.report_up()
                self._activity.add_event(key)
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
                damaged=damaged,
            )
        except NotDeliveredError as error:
            self.count("failed")
            self._settle(lost=True)
            raise SourceError(str(error)) from error

    def send_or_drop(
        self,
        topic: Topic[Any],
        *,
        key: str,
        value: msgspec.Struct,
        id: str,
        time: datetime,
        dropped: Callable[[], None],
    ) -> None:
        """Send a record that is worth nothing later; it never waits, and counts as no event of the source.

        Args:
            topic: topic of the record.
            key: key of the record.
            value: encoded as JSON.
            id: id of the event.
            time: time of the event.
            dropped: called, from any thread, where it does not arrive.
        """

        def report(error: str | None) -> None:
            if error is not None:
                dropped()

        try:
            self._producer.send(
                topic, key=key, value=value, id=id, source=f"{self._kind}/{self._name}", time=time,
                delivered=report, max_wait_s=0,
            )  # fmt: skip
        except NotDeliveredError:
            dropped()

    def _settle(self, *, lost: bool) -> None:
        with self._changed:
            self._waiting -= 1
            self._lost += lost
            self._changed.notify_all()

    def count(self, outcome: str, number: int = 1) -> None:
        """Count events by outcome: sent, refused, failed; damaged ones are sent, too."""
        metrics.SOURCE_EVENTS.labels(self._kind, self._name, outcome).inc(number)

    def report_up(self) -> None:
        """Report that the source works, although it may have no events."""
        with self._changed:
            if not self._closed:
                metrics.SOURCE_UP.labels(self._kind, self._name).set(1)
                self._activity.set_up()

    def close(self) -> None:
        """End the run: later acknowledgements no longer report that the source works."""
        with self._changed:
            self._closed = True
            metrics.SOURCE_UP.labels(self._kind, self._name).set(0)
            self._activity.set_down()

    def flush(self) -> None:
        """Wait until Kafka has every event that this run sent since the last flush.

        Raises:
            SourceError: Events are missing and must be sent again.
        """
        deadline = time.monotonic() + FLUSH_SECONDS
        with self._changed:
            while self._waiting and time.monotonic() < deadline:
                self._changed.wait(0.2)
                if self._stop.is_set():
                    deadline = min(deadline, time.monotonic() + FINAL_FLUSH_SECONDS)
            missing, self._lost = self._waiting + self._lost, 0
        if missing:
            raise SourceError(f"{missing} events did not reach Kafka")


class Source(ABC):
    """Delivers events until it is stopped or has no more.

    Attributes:
        name: id of the camera, stage, mailbox or endpoint; with `kind` the labels of its metrics.
    """

    kind: ClassVar[str]
    """Kind of source, such as camera or mailbox."""
    has_feeds: ClassVar[bool] = False
    """True if the keys of its events name feeds whose pace is watched, such as bars."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def period_seconds(self) -> float | None:
        """Return the seconds between two signs of life of a healthy source; None where it is enough that it is open.

        A sign of life is an event, or a call of `EventSink.report_up`.
        """
        return None

    @abstractmethod
    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Deliver events until `stop` is set; return when there are no more.

        Raises:
            SourceError: The source is lost; `run` is called again after a pause.
        """


def activity_of(source: Source) -> SourceActivity:
    """Return the record of a source's signs of life, empty at first."""
    return SourceActivity(source.kind, source.name, period=source.period_seconds, has_feeds=source.has_feeds)


def supervise(
    source: Source,
    producer: EventProducer,
    stop: threading.Event,
    activity: SourceActivity | None = None,
    *,
    seed: int = 0,
) -> None:
    """Run a source, and open it again whenever it is lost, until `stop` is set or it has no more events.

    Args:
        source: the source.
        producer: shared by all sources.
        stop: ends the source, and a pause at once.
        activity: record of its signs of life.
        seed: seed of the random pauses.
    """
    jitter = random.Random(f"{seed}/{source.kind}/{source.name}")
    activity = activity or activity_of(source)
    pause = FIRST_RETRY_SECONDS
    while not stop.is_set():
        sink = EventSink(producer, source.kind, source.name, stop, activity)
        metrics.SOURCE_UP.labels(source.kind, source.name).set(0)
        began = time.monotonic()
        try:
            source.run(sink, stop)
        except SourceError as error:
            log.warning("%s %s: %s", source.kind, source.name, error)
            activity.set_lost(str(error))
        except Exception as error:
            log.exception("%s %s failed unexpectedly", source.kind, source.name)
            activity.set_lost(type(error).__name__)
        else:
            if not stop.is_set():
                activity.set_ended()
            return
        finally:
            sink.close()
        if time.monotonic() - began > RETRY_RESET_SECONDS:
            pause = FIRST_RETRY_SECONDS
        if stop.wait(pause * jitter.uniform(0.5, 1.0)):
            return
        pause = min(2 * pause, MAX_RETRY_SECONDS)
        metrics.SOURCE_RECONNECTS.labels(source.kind, source.name).inc()


def run_all(
    sources: list[Source], producer: EventProducer, stop: threading.Event, *, process: str | None = None
) -> None:
    """Run each source in its own thread until all have ended or `stop` is set.

    Args:
        sources: the sources.
        producer: shared by all sources.
        stop: ends all of them.
        process: name of the process in its reports; of a single source its kind and name if left out.
    """
    name = process or (source_key(sources[0].kind, sources[0].name) if len(sources) == 1 else WATCH)
    activities = [activity_of(source) for source in sources]
    threads = [
        threading.Thread(
            target=supervise,
            args=(source, producer, stop, activity),
            name=f"{source.kind}-{source.name}",
            daemon=True,
        )
        for source, activity in zip(sources, activities, strict=True)
    ]
    reporter = SourceReporter(producer, name, activities)
    reporter.start()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not stop.wait(0.2):
        pass
    stop.set()
    reporter.close()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))
    if running := [thread.name for thread in threads if thread.is_alive()]:
        log.warning("%s did not end within %.0f s and is abandoned", ", ".join(running), STOP_SECONDS)


def now() -> datetime:
    """Return the current time in UTC, for the moment at which a frame or fragment was recorded."""
    return datetime.now(UTC)
