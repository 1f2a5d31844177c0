"""Supervision of sources: delivery reports, flushes, restarts and the metric `pulso_source_up`."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import pytest
from prometheus_client import REGISTRY

from schemas.support import MAILS
from stream.runtime.producer import EventProducer
from stream.sources import source
from stream.sources.source import EventSink, Source, SourceError, run_all, supervise

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)


class ManualProducer:
    """Producer whose delivery callbacks the test calls."""

    def __init__(self) -> None:
        self.callbacks: list[Any] = []

    def send(self, *_: Any, delivered: Any, **__: Any) -> None:
        self.callbacks.append(delivered)


def make_sink(name: str, producer: ManualProducer, stop: threading.Event | None = None) -> EventSink:
    return EventSink(cast(EventProducer, producer), "test", name, stop)


def send_event(sink: EventSink) -> None:
    sink.send(MAILS, key="k", value=b"v", id="1", time=NOW)


def source_up_metric(name: str) -> float | None:
    return REGISTRY.get_sample_value("pulso_source_up", {"kind": "test", "source": name})


def test_late_acknowledgement_does_not_report_a_lost_source_up() -> None:
    producer = ManualProducer()
    sink = make_sink("late", producer)
    send_event(sink)
    send_event(sink)
    producer.callbacks[0](None)
    assert source_up_metric("late") == 1
    sink.close()
    producer.callbacks[1](None)
    assert source_up_metric("late") == 0


def test_flush_waits_for_own_events_and_counts_missing_ones() -> None:
    producer, busy_producer = ManualProducer(), ManualProducer()
    send_event(make_sink("busy", busy_producer))  # never answered
    sink = make_sink("mine", producer)
    send_event(sink)
    threading.Timer(0.2, producer.callbacks[0], [None]).start()
    sink.flush()
    send_event(sink)
    producer.callbacks[1]("broker down")
    with pytest.raises(SourceError, match="1 events did not reach Kafka"):
        sink.flush()
    sink.flush()  # reported once


def test_flush_is_short_while_the_process_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FINAL_FLUSH_SECONDS", 0.3)
    stop = threading.Event()
    sink = make_sink("ending", ManualProducer(), stop)
    send_event(sink)
    stop.set()
    began = time.monotonic()
    with pytest.raises(SourceError):
        sink.flush()
    assert time.monotonic() - began < 20, "a flush that waits for the broker would not end"


class FailingSource(Source):
    """Source that fails a given number of times."""

    kind: ClassVar[str] = "test"

    def __init__(self, name: str, failures: int, error: type[Exception] = SourceError) -> None:
        super().__init__(name)
        self.remaining_failures, self.error, self.runs = failures, error, 0

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        self.runs += 1
        sink.report_up()
        if self.remaining_failures:
            self.remaining_failures -= 1
            raise self.error("lost")


@pytest.mark.parametrize("error", [SourceError, ZeroDivisionError])
def test_failed_source_is_restarted_and_counted(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    monkeypatch.setattr(source, "FIRST_RETRY_SECONDS", 0.02)
    name = f"moody-{error.__name__}"
    failing = FailingSource(name, 3, error)
    supervise(failing, cast(EventProducer, ManualProducer()), threading.Event())
    assert failing.runs == 4
    assert REGISTRY.get_sample_value("pulso_source_reconnects_total", {"kind": "test", "source": name}) == 3
    assert source_up_metric(name) == 0


class HangingSource(Source):
    """Source that ignores `stop`, as a hanging driver does."""

    kind: ClassVar[str] = "test"

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        time.sleep(30)


def test_hanging_sources_do_not_delay_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "STOP_SECONDS", 0.5)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    run_all([HangingSource(f"stuck-{number}") for number in range(5)], cast(EventProducer, ManualProducer()), stop)
    assert time.monotonic() - began < 25, "the sources hang for 30 s"
