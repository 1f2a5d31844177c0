"""Reports of sources: ages, reasons and feeds, and the last report of a process that stops on purpose."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import pytest

from schemas.bars import SALES
from schemas.sources import REPORTS, FeedReport, ProcessReport
from stream.runtime.producer import EventProducer
from stream.sources import source_reports
from stream.sources.source import EventSink, Source, SourceError, run_all
from stream.sources.source_reports import SourceActivity

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)


class RecordingProducer:
    """Producer that acknowledges everything at once and keeps the reports."""

    def __init__(self) -> None:
        self.reports: list[ProcessReport] = []

    def send(self, topic: Any, *, value: Any, delivered: Any, **_: Any) -> None:
        if topic is REPORTS:
            self.reports.append(value)
        delivered(None)


class LateCamera(Source):
    """A camera that delivers two pictures and is lost."""

    kind: ClassVar[str] = "camera"

    @property
    def period_seconds(self) -> float:
        return 0.1

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        for number in range(2):
            sink.send(SALES, key=self.name, value=b"x", id=str(number), time=NOW)
        stop.wait(0.3)
        raise SourceError("the stream stopped; check the camera's power")


class ShortFile(Source):
    """A file that ends."""

    kind: ClassVar[str] = "microphone"

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        sink.report_up()


def run_for(sources: list[Source], seconds: float, process: str | None = None) -> list[ProcessReport]:
    producer, stop = RecordingProducer(), threading.Event()
    thread = threading.Thread(
        target=run_all, args=(sources, cast(EventProducer, producer), stop), kwargs={"process": process}
    )
    thread.start()
    time.sleep(seconds)
    stop.set()
    thread.join()
    return producer.reports


def test_lost_source_reports_age_and_reason_and_the_process_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_reports, "REPORT_SECONDS", 0.1)
    reports = run_for([LateCamera("gate"), ShortFile("main")], 0.8)
    assert {report.process for report in reports} == {"sources"}
    assert [report.final for report in reports] == [False] * (len(reports) - 1) + [True]
    assert len({report.id for report in reports}) == len(reports)
    first, last = reports[0].sources[0], reports[-1].sources[0]
    assert (first.age is None or first.age < 0.2, first.period) == (True, 0.1)
    assert last.age is not None and last.age > 0.4 and not last.up
    assert last.reason == "the stream stopped; check the camera's power"
    assert reports[-1].sources[1].ended


def test_process_of_one_source_is_named_after_it() -> None:
    assert {report.process for report in run_for([ShortFile("main")], 0.1)} == {"microphone/main"}
    assert {report.process for report in run_for([ShortFile("main")], 0.1, "sources")} == {"sources"}


def test_endpoint_counts_events_by_feed_and_is_alive_while_it_is_open() -> None:
    activity = SourceActivity("tills", "http", has_feeds=True)
    sink = EventSink(cast(EventProducer, RecordingProducer()), "tills", "http", None, activity)
    assert activity.report().age is None
    sink.report_up()
    for bar in ("north", "south", "north"):
        sink.send(SALES, key=bar, value=b"x", id=bar, time=NOW)
    report = activity.report()
    assert (report.up, report.age, report.events) == (True, 0.0, 3)
    assert set(report.feeds) == {FeedReport(name="north", events=2), FeedReport(name="south", events=1)}
    sink.close()
    time.sleep(0.05)
    assert not activity.report().up and (activity.report().age or 0) >= 0.05


def test_source_that_never_worked_has_no_age() -> None:
    activity = SourceActivity("camera", "gate", period=0.1)
    activity.set_lost("the stream can't be opened")
    assert (activity.report().age, activity.report().reason) == (None, "the stream can't be opened")
