"""The agent of the sources without Kafka: reports and the time become states, and a repeated batch nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.sources import PROCESS_STATES, REPORTS, SOURCE_STATES, WATCH, ProcessReport, SourceReport
from schemas.venue import Venue
from stream.features.sources import FEATURE
from stream.runtime.liveness import LIVENESS, TIME_PART, Liveness
from stream.runtime.testing import TestDriver, TestEvent

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def report(driver: TestDriver, second: float, age: float) -> TestEvent:
    source = SourceReport(kind="camera", name="gate", up=age < 10, age=age, period=0.1, reason="the stream stopped")
    sent = ProcessReport(
        id=f"r{second}", time=AT + timedelta(seconds=second), process="camera/gate", instance="1", sources=(source,)
    )
    return driver.event(REPORTS, WATCH, sent)


def time(driver: TestDriver, second: float, start: datetime = AT) -> TestEvent:
    sent = ProcessReport(id=f"t{second}", kind="time", time=start + timedelta(seconds=second), process="time")
    return driver.event(REPORTS, WATCH, sent)


def evening(driver: TestDriver, dies: float, seconds: int) -> list[TestEvent]:
    events = []
    for second in range(0, seconds, 2):
        events += [report(driver, second, max(0.0, second - dies)), time(driver, second + 1)]
    return events


async def test_dead_camera_becomes_silent() -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"))
    effects = await driver.send_events(REPORTS, evening(driver, 10, 60))
    silent = [state for state in effects.of(SOURCE_STATES) if state.silent]
    assert 30 <= (silent[0].time - AT).total_seconds() <= 34
    assert (silent[0].source, silent[0].reason) == ("camera/gate", "the stream stopped")
    assert set(effects.rows) == {WATCH}


async def test_repeated_batch_changes_nothing() -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"))
    events = evening(driver, 10, 60)
    first = await driver.send_events(REPORTS, events)
    repeated = await driver.send_events(REPORTS, events)
    assert first.of(SOURCE_STATES) and first.of(PROCESS_STATES)
    assert not repeated.records and not repeated.rows


async def test_states_of_a_batch_do_not_depend_on_its_size() -> None:
    whole, single = TestDriver(FEATURE, Venue(name="Test")), TestDriver(FEATURE, Venue(name="Test"))
    at_once = (await whole.send_events(REPORTS, evening(whole, 10, 60))).of(SOURCE_STATES)
    one_by_one = []
    for event in evening(single, 10, 60):
        one_by_one += (await single.send_events(REPORTS, [event])).of(SOURCE_STATES)
    assert at_once == one_by_one


async def test_timer_writes_the_time_and_its_return_is_a_sign_of_life() -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"))
    liveness = driver.shared(LIVENESS, Liveness)
    await driver.run_timer("time")
    ((topic, key, record),) = driver.produced
    assert (topic, key, isinstance(record, ProcessReport) and record.kind) == (REPORTS.name, WATCH, "time")
    assert liveness.stalled((TIME_PART,), 30) == (TIME_PART,)
    await driver.send_events(REPORTS, [time(driver, 0)])
    assert liveness.stalled((TIME_PART,), 30) == (TIME_PART,), "a time of long ago is read from a backlog"
    await driver.send_events(REPORTS, [time(driver, 0, datetime.now(UTC))])
    assert not liveness.stalled((TIME_PART,), 30)
