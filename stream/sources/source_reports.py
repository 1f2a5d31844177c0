"""Reports of a process of sources about them, every few seconds: the alerts worker measures silence by them."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.fields import identifier
from schemas.ids import EventId
from schemas.sources import REPORTS, WATCH, FeedReport, ProcessReport, SourceReport
from stream.runtime.producer import EventProducer, NotDeliveredError

log = logging.getLogger(__name__)

REPORT_SECONDS = 3.0
"""Interval of the reports."""

MAX_FEEDS = 64
"""Feeds of a source that are reported, those with most events."""

MAX_REASON = 300
"""Letters of the reason for which a source was lost."""


class SourceActivity:
    """Signs of life of one source; safe to use from any thread.

    Args:
        period: seconds between two events of a healthy source; None where events come when people act.
        has_feeds: True to count events by their keys.
    """

    def __init__(self, kind: str, name: str, *, period: float | None = None, has_feeds: bool = False) -> None:
        self._kind, self._name, self._period, self._has_feeds = kind, name, period, has_feeds
        self._lock = threading.Lock()
        self._alive: float | None = None
        self._up = self._ended = False
        self._reason = ""
        self._events = 0
        self._feeds: Counter[str] = Counter()

    def add_event(self, key: str) -> None:
        """Count an event that Kafka has acknowledged."""
        with self._lock:
            self._events += 1
            if self._has_feeds:
                self._feeds[key] += 1

    def set_up(self) -> None:
        """Note that the source works."""
        with self._lock:
            self._alive, self._up, self._reason = time.monotonic(), True, ""

    def set_down(self) -> None:
        """Note that the source is closed."""
        with self._lock:
            if self._up and self._period is None:
                self._alive = time.monotonic()  # until now it was open, which is all that could be seen of it
            self._up = False

    def set_lost(self, reason: str) -> None:
        """Note why the source was lost."""
        with self._lock:
            self._reason = reason[:MAX_REASON]

    def set_ended(self) -> None:
        """Note that the source has no more events."""
        with self._lock:
            self._ended = True

    def report(self) -> SourceReport:
        """Return the present state."""
        with self._lock:
            age = None if self._alive is None else time.monotonic() - self._alive
            if self._up and self._period is None:
                age = 0.0
            return SourceReport(
                kind=self._kind,
                name=identifier(self._name),
                up=self._up,
                age=age,
                period=self._period,
                reason="" if self._up else self._reason,
                ended=self._ended,
                events=self._events,
                feeds=tuple(
                    FeedReport(name=identifier(feed), events=events)
                    for feed, events in self._feeds.most_common(MAX_FEEDS)
                ),
            )


class SourceReporter:
    """Sends the reports of one process, in a thread of its own."""

    def __init__(self, producer: EventProducer, process: str, activities: Sequence[SourceActivity]) -> None:
        self._producer = producer
        self._process = identifier(process)
        self._activities = activities
        self._instance = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        self._number = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="source-reports", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def close(self) -> None:
        """Send the last report, which says that the process stops on purpose."""
        self._closing.set()
        self._thread.join(timeout=1)
        self._send(final=True)

    def _run(self) -> None:
        while True:
            self._send(final=False)
            if self._closing.wait(REPORT_SECONDS):
                return

    def _send(self, *, final: bool) -> None:
        now = datetime.now(UTC)
        id_ = EventId(identifier(f"{self._process}/{self._instance}/{self._number}"))
        self._number += 1
        report = ProcessReport(
            id=id_,
            time=now,
            process=self._process,
            instance=self._instance,
            sources=tuple(activity.report() for activity in self._activities),
            final=final,
        )
        source = f"sources/{self._process}"
        try:
            self._producer.send(REPORTS, key=WATCH, value=report, id=id_, source=source, time=now, delivered=_log_lost)
        except NotDeliveredError as error:
            _log_lost(str(error))


def _log_lost(error: str | None) -> None:
    if error is not None:
        log.info("a report of the sources did not reach Kafka: %s", error)
