"""The queues agent without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.bars import SALES, SaleLine, Ticket
from schemas.queues import QUEUE_COUNTS, QUEUE_WAITS, QUEUES, QueueCount
from schemas.venue import venue_type
from stream.features.queues import FEATURE
from stream.features.queues.agents import MAX_AHEAD, ServedCounter
from stream.runtime.testing import SentEffects, TestDriver

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
POLYGON = [[0, 0], [1, 0], [1, 1], [0, 1]]
VENUE = venue_type([QUEUES]).model_validate({
    "name": "Test",
    "cameras": [{"id": "square"}],
    "bars": [{"id": "north", "products": [{"id": "beer"}]}],
    "queues": [
        {"id": "north-bar", "camera": "square", "polygon": POLYGON, "place": "bar", "bar": "north"},
        {"id": "toilets", "camera": "square", "polygon": POLYGON, "place": "toilet", "served_per_minute": 4},
    ],
})  # fmt: skip


@pytest.fixture
def driver() -> TestDriver:
    return TestDriver(FEATURE, VENUE)


async def send_count(driver: TestDriver, queue: str, second: float, persons: float | None) -> SentEffects:
    time = AT + timedelta(seconds=second)
    record = QueueCount(event_id=f"f{second}", queue=queue, camera="square", time=time, persons=persons)
    return await driver.send(QUEUE_COUNTS, queue, record)


async def send_ticket(driver: TestDriver, second: float) -> None:
    line, time = SaleLine(product="beer", quantity=1), AT + timedelta(seconds=second)
    await driver.send(SALES, "north", Ticket(id=f"t{second}", bar="north", till="1", time=time, lines=(line,)))


async def test_wait_at_a_bar_follows_its_tickets(driver: TestDriver) -> None:
    for minute in range(20):
        (wait,) = (await send_count(driver, "north-bar", minute * 60, 24.0)).of(QUEUE_WAITS)
        for customer in range(3):
            await send_ticket(driver, minute * 60 + customer * 20 + 10)
    assert wait.served_per_minute == pytest.approx(3, rel=0.01)
    assert wait.wait_minutes == pytest.approx(8, rel=0.1)
    assert wait.wait_low_minutes < wait.wait_minutes < wait.wait_high_minutes


async def test_wait_is_the_same_when_tickets_are_ahead_of_the_pictures(driver: TestDriver) -> None:
    await send_count(driver, "north-bar", 0, 24.0)
    for customer in range(60):
        await send_ticket(driver, customer * 20 + 10)
    for minute in range(1, 20):
        (wait,) = (await send_count(driver, "north-bar", minute * 60, 24.0)).of(QUEUE_WAITS)
    assert wait.served_per_minute == pytest.approx(3, rel=0.01)


async def test_late_tickets_count_with_the_next_picture(driver: TestDriver) -> None:
    for minute in range(20):
        (wait,) = (await send_count(driver, "north-bar", minute * 60, 24.0)).of(QUEUE_WAITS)
        for customer in range(3 * (minute > 0)):
            await send_ticket(driver, (minute - 1) * 60 + customer * 20 + 10)
    assert wait.served_per_minute == pytest.approx(3, rel=0.1)


def test_ticket_that_comes_again_is_no_customer() -> None:
    counter = ServedCounter(VENUE.section(QUEUES))
    line = SaleLine(product="beer", quantity=1)
    for till in ("1", "2", "1", "2"):
        ticket = Ticket(id="1", bar="north", till=till, time=AT, lines=(line,))
        counter.add_ticket(msgspec.json.encode(ticket), AT + timedelta(minutes=1))
    assert counter.total("north-bar", AT + timedelta(minutes=2)) == 2


@pytest.mark.parametrize("ahead", [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)])
def test_customer_of_a_till_that_is_ahead_counts_at_receipt(ahead: timedelta) -> None:
    counter = ServedCounter(VENUE.section(QUEUES))
    line = SaleLine(product="beer", quantity=1)
    ticket = Ticket(id="1", bar="north", till="1", time=AT + ahead, lines=(line,))
    counter.add_ticket(msgspec.json.encode(ticket), AT)
    assert counter.total("north-bar", AT + timedelta(minutes=1)) == 1


def test_tickets_of_a_camera_that_is_off_are_not_kept_for_ever() -> None:
    counter = ServedCounter(VENUE.section(QUEUES))
    line = SaleLine(product="beer", quantity=1)
    for second in range(MAX_AHEAD + 5):
        ticket = Ticket(id=f"t{second}", bar="north", till="1", time=AT + timedelta(seconds=second), lines=(line,))
        counter.add_ticket(msgspec.json.encode(ticket))
    assert counter.total("north-bar", AT - timedelta(days=1)) == 5
    assert counter.total("north-bar", AT + timedelta(days=1)) == MAX_AHEAD + 5


async def test_wait_at_toilets_uses_the_rate_of_staff(driver: TestDriver) -> None:
    (wait,) = (await send_count(driver, "toilets", 0, 20.0)).of(QUEUE_WAITS)
    assert wait.wait_minutes == pytest.approx(5, rel=0.1)


async def test_wait_of_blind_camera_is_unknown(driver: TestDriver) -> None:
    await send_count(driver, "toilets", 0, 20.0)
    (wait,) = (await send_count(driver, "toilets", 1, None)).of(QUEUE_WAITS)
    assert (wait.persons, wait.wait_minutes) == (None, None)


async def test_count_of_unknown_queue_is_rejected(driver: TestDriver) -> None:
    effects = await send_count(driver, "moon", 0, 1.0)
    assert effects.rejections == ["no queue 'moon' in the venue file; it has north-bar, toilets"]


def test_venue_without_queues_has_no_agent() -> None:
    assert TestDriver(FEATURE, venue_type([QUEUES])(name="Test")).topics == []
