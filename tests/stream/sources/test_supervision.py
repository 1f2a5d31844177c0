"""One run of a source: what Kafka has, what it has not, and what `up` means meanwhile."""

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


class Slow:
    """A producer whose answers the test gives."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def send(self, *_: Any, delivered: Any, **__: Any) -> None:
        self.answers.append(delivered)


def sink(name: str, producer: Slow, stop: threading.Event | None = None) -> EventSink:
    return EventSink(cast(EventProducer, producer), "test", name, stop)


def send(to: EventSink) -> None:
    to.send(MAILS, key="k", value=b"v", id="1", time=NOW)


def up(name: str) -> float | None:
    return REGISTRY.get_sample_value("pulso_source_up", {"kind": "test", "source": name})


def test_late_acknowledgement_does_not_report_a_lost_source_up() -> None:
    producer = Slow()
    one = sink("late", producer)
    send(one)
    send(one)
    producer.answers[0](None)
    assert up("late") == 1
    one.close()
    producer.answers[1](None)
    assert up("late") == 0


def test_flush_waits_for_own_events_and_counts_missing_ones() -> None:
    mine, busy = Slow(), Slow()
    send(sink("busy", busy))  # never answered
    one = sink("mine", mine)
    send(one)
    threading.Timer(0.2, mine.answers[0], [None]).start()
    one.flush()
    send(one)
    mine.answers[1]("broker down")
    with pytest.raises(SourceError, match="1 events did not reach Kafka"):
        one.flush()
    one.flush()  # told once


def test_flush_does_not_keep_a_process_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FINAL_FLUSH_SECONDS", 0.3)
    stop = threading.Event()
    one = sink("ending", Slow(), stop)
    send(one)
    stop.set()
    began = time.monotonic()
    with pytest.raises(SourceError):
        one.flush()
    assert time.monotonic() - began < 2


class Moody(Source):
    """Fails as often as it is told to."""

    kind: ClassVar[str] = "test"

    def __init__(self, name: str, failures: int, error: type[Exception] = SourceError) -> None:
        super().__init__(name)
        self.left, self.error, self.runs = failures, error, 0

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        self.runs += 1
        sink.report_up()
        if self.left:
            self.left -= 1
            raise self.error("lost")


@pytest.mark.parametrize("error", [SourceError, ZeroDivisionError])
def test_a_lost_source_is_opened_again_and_counted(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    monkeypatch.setattr(source, "FIRST_RETRY_SECONDS", 0.02)
    name = f"moody-{error.__name__}"
    moody = Moody(name, 3, error)
    supervise(moody, cast(EventProducer, Slow()), threading.Event())
    assert moody.runs == 4
    assert REGISTRY.get_sample_value("pulso_source_reconnects_total", {"kind": "test", "source": name}) == 3
    assert up(name) == 0


class Stuck(Source):
    """Hears no `stop`, as a driver that hangs does."""

    kind: ClassVar[str] = "test"

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        time.sleep(30)


def test_sources_that_hang_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "STOP_SECONDS", 0.5)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    run_all([Stuck(f"stuck-{number}") for number in range(5)], cast(EventProducer, Slow()), stop)
    assert time.monotonic() - began < 2
