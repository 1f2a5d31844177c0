"""Records of timers: a broker that refuses or does not answer ends no timer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from schemas.ids import EventId
from schemas.sources import REPORTS, ProcessReport
from stream.runtime import worker_context
from stream.runtime.run_ids import RunIds
from stream.runtime.testing import TestDriver
from stream.runtime.worker_context import WorkerContext

NOW = datetime(2026, 7, 4, tzinfo=UTC)
REPORT = ProcessReport(id=EventId("time/1"), kind="time", time=NOW, process="time", instance="i")


@pytest.mark.parametrize("answer", ["taken", "refused", "silent"])
async def test_failure_is_logged_and_told(
    answer: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def produce(*_: object, **__: object) -> None:
        if answer == "silent":
            await asyncio.Event().wait()
        if answer == "refused":
            raise ConnectionError("no broker")

    monkeypatch.setattr(worker_context, "SEND_SECONDS", 0.05)
    monkeypatch.setattr(TestDriver, "produce", produce)
    driver = TestDriver.__new__(TestDriver)
    taken = await WorkerContext.try_produce(driver, REPORTS, "watch", REPORT, id=REPORT.id, time=NOW)
    assert taken == (answer == "taken")
    assert ("can't be written to sources.reports" in caplog.text) == (answer != "taken")


def test_ids_of_two_runs_differ() -> None:
    one, other = RunIds(), RunIds()
    assert len({one.next("time"), one.next("time"), other.next("time"), other.next("time")}) == 4
    assert one.next("time").startswith(f"time/{one.run}/")
