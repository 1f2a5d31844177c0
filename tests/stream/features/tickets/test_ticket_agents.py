"""The agents of ticket sales without Kafka: orders count once, forecasts need past events, people decide on prices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from processors.tickets.curves import BookingCurve
from processors.tickets.history import write_history
from schemas.attendance import OCCUPANCY, VenueOccupancy
from schemas.tickets import (
    ORDERS,
    TICKET_ACTIONS,
    TICKET_FORECASTS,
    TICKET_PRICES,
    TICKETS,
    GateCount,
    TicketAction,
    TicketMark,
    TicketOrder,
    TicketPrice,
    TypeSales,
)
from schemas.venue import venue_type
from stream.features.tickets import FEATURE
from stream.runtime.settings import Settings
from stream.runtime.testing import SentEffects, TestDriver

EVENT = date(2026, 7, 4)
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
VENUE = venue_type([TICKETS]).model_validate({
    "name": "Test",
    "timezone": "Europe/Madrid",
    "tickets": {"events": [{
        "id": "summer", "date": str(EVENT), "on_sale": "2026-03-01T10:00:00+01:00",
        "types": [
            {"id": "day", "capacity": 1000, "prices": {
                "ladder_cents": [3500, 4000, 4500, 5000], "start_cents": 4000, "floor_cents": 3500,
                "ceiling_cents": 5000, "largest_step_cents": 500, "notice_hours": 24}},
            {"id": "camping"},
        ]},
        {"id": "spring", "date": "2026-04-04", "on_sale": "2026-03-01T10:00:00+01:00", "types": [{"id": "day"}]},
    ]},
})  # fmt: skip


def past_events(path: Path) -> Path:
    """Write 30 past events, of which about 1000 tickets were sold in the last 100 days at an even pace."""
    random = np.random.default_rng(1)
    days = tuple(range(0, 125, 2))
    finals = random.normal(1000, 60, 30).tolist()
    write_history(path, tuple(
        BookingCurve(f"e{n}", "day", days, tuple(round(final * max(0.0, 1 - day / 124), 1) for day in days), final,
            date(2025, 1, 1) + timedelta(days=7 * n))
        for n, final in enumerate(finals)
    ))  # fmt: skip
    return path


def order(number: int, quantity: int = 2, day: int = 0, **changes: object) -> TicketOrder:
    time = START + timedelta(days=day, minutes=number % 600)
    plain = TicketOrder(
        id=f"o{number}", event="summer", type="day", quantity=quantity, price_cents=4000, currency="EUR", time=time
    )
    return msgspec.structs.replace(plain, **changes)


async def send_all(driver: TestDriver, orders: list[TicketOrder]) -> SentEffects:
    events = [driver.event(ORDERS, one.event, one) for one in orders]
    return await driver.send_events(ORDERS, events)


def last_sales(effects: SentEffects, kind: str = "day") -> TypeSales:
    return [one for one in effects.of(TICKET_FORECASTS) if one.type == kind][-1]


@pytest.fixture
def driver(tmp_path: Path) -> TestDriver:
    return TestDriver(FEATURE, VENUE, settings=Settings(ticket_history=past_events(tmp_path / "history.json")))


async def sell(driver: TestDriver, per_day: int, days: int) -> SentEffects:
    """Sell every day, and return what the orders of the last day make."""
    effects = SentEffects()
    for day in range(days):
        effects = await send_all(driver, [order(100 * day + 1, per_day, day)])
    return effects


async def test_orders_count_once_and_refunds_are_taken_off(driver: TestDriver) -> None:
    sales = last_sales(await send_all(driver, [order(1), order(2, 3), order(1), order(1, -2)]))
    assert (sales.sold, sales.refunded, sales.revenue_cents) == (3, 2, 12_000)
    again = await send_all(driver, [order(2, 3, time=order(2).time.astimezone(UTC)), order(9, 1, day=1)])
    assert last_sales(again).sold == 4


async def test_batch_that_is_repeated_after_a_crash_counts_once(driver: TestDriver) -> None:
    events = [driver.event(ORDERS, "summer", order(n)) for n in range(5)]
    await driver.send_events(ORDERS, events)
    table = driver.tables["tickets"]
    shown = table.pop(b"summer")
    assert shown  # the row of the event was lost, those of its orders were stored
    assert last_sales(await driver.send_events(ORDERS, events)).sold == 10
    for bucket in [key for key in table if b"#" in key]:
        del table[bucket]
    await driver.send_events(ORDERS, events)
    assert last_sales(await send_all(driver, [order(1), order(99, 1, day=1)])).sold == 11


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "winter"}, "no event 'winter'"),
        ({"type": "vip"}, "no type 'vip'"),
        ({"currency": "USD"}, "sold in EUR"),
        ({"id": "ana@mail.example"}, "mail address"),
        ({"quantity": 0}, "quantity is 0"),
        ({"time": START - timedelta(days=2000)}, "1000 days before"),
    ],
)
async def test_orders_that_do_not_fit_are_refused(driver: TestDriver, changes: dict[str, object], reason: str) -> None:
    effects = await send_all(driver, [order(1, **changes)])
    (rejection,) = effects.rejections
    assert reason in rejection


async def test_forecast_of_complete_days_has_interval_course_and_pace(driver: TestDriver) -> None:
    sales = last_sales(await sell(driver, per_day=7, days=40))
    assert sales.forecast is not None
    assert sales.forecast.low < sales.forecast.final < sales.forecast.high
    assert 750 < sales.forecast.final < 1000
    assert sales.forecast.sold == 39 * 7
    assert sales.sold == 40 * 7
    assert sales.forecast.pace == pytest.approx(0.92, abs=0.05)
    assert sales.course[0].days_before == sales.days_before + 1
    assert sales.course[-1].days_before == 0
    assert [point.expected for point in sales.course] == sorted(point.expected for point in sales.course)
    assert len(sales.demand) == 19
    assert sales.curve[-1].sold == 39 * 7


async def test_without_past_events_no_forecast_is_invented(tmp_path: Path) -> None:
    driver = TestDriver(FEATURE, VENUE, settings=Settings(ticket_history=tmp_path / "none.json"))
    first = last_sales(await send_all(driver, [order(1)]))
    assert (first.forecast, first.lacking) == (None, "no_day")
    later = last_sales(await send_all(driver, [order(2, day=1)]))
    assert (later.forecast, later.lacking) == (None, "no_history")
    past_events(tmp_path / "none.json")
    assert last_sales(await send_all(driver, [order(3, day=2)])).forecast is not None


async def test_time_moves_the_forecast_of_a_day_without_orders(driver: TestDriver) -> None:
    before = last_sales(await sell(driver, per_day=8, days=40))
    time = START + timedelta(days=60)
    effects = await driver.send(TICKET_ACTIONS, "summer", TicketAction(id="t", event="summer", kind="time", time=time))
    after = last_sales(effects)
    assert after.days_before == before.days_before - 21
    assert before.forecast is not None
    assert after.forecast is not None
    assert after.forecast.final < before.forecast.final


async def test_sales_after_the_event_are_not_forecast(driver: TestDriver) -> None:
    await sell(driver, per_day=8, days=3)
    time = datetime(2026, 7, 4, 12, tzinfo=UTC)
    action = TicketAction(id="t", event="summer", kind="time", time=time)
    assert last_sales(await driver.send(TICKET_ACTIONS, "summer", action)).lacking == "over"


async def act(driver: TestDriver, kind: str, day: float, **more: object) -> SentEffects:
    time = START + timedelta(days=day)
    action = TicketAction(id=f"a{day}", event="summer", kind=kind, time=time, by="pau", **more)
    return await driver.send(TICKET_ACTIONS, "summer", action)


async def test_strong_demand_proposes_a_step_that_begins_after_notice_once_approved(driver: TestDriver) -> None:
    await sell(driver, per_day=14, days=30)
    (price,) = (await act(driver, "time", 30)).of(TICKET_PRICES)
    assert price.proposal is not None
    assert (price.proposal.cents, price.proposal.reason) == (4500, "more_demand")
    assert [step.cents for step in price.steps] == [4000]
    approved: TicketPrice = (await act(driver, "approve", 30.5, type="day", proposal=price.proposal.id)).of(
        TICKET_PRICES
    )[-1]
    assert [step.cents for step in approved.steps] == [4000, 4500]
    assert approved.steps[1].begin == START + timedelta(days=31.5)
    assert approved.proposal is None
    again = await act(driver, "approve", 30.6, type="day", proposal=price.proposal.id)
    assert "not open any more" in again.rejections[0]


async def test_declined_proposal_is_not_made_again_for_some_days(driver: TestDriver) -> None:
    await sell(driver, per_day=14, days=30)
    (price,) = (await act(driver, "time", 30)).of(TICKET_PRICES)
    assert price.proposal is not None
    declined = (await act(driver, "decline", 30.1, type="day", proposal=price.proposal.id)).of(TICKET_PRICES)[-1]
    assert declined.proposal is None
    assert (await act(driver, "time", 32)).of(TICKET_PRICES)[-1].proposal is None
    assert (await act(driver, "time", 34)).of(TICKET_PRICES)[-1].proposal is not None


async def test_marks_have_the_sales_before_and_after_them(driver: TestDriver) -> None:
    for day in range(20):
        await send_all(driver, [order(100 * day, 5 if day < 12 else 15, day)])
    mark = TicketMark(id="m1", kind="announcement", day=(START + timedelta(days=12)).date(), text="Headliner")
    (found,) = last_sales(await act(driver, "mark", 20, mark=mark)).marks
    assert (found.before_per_day, found.after_per_day) == (5, 15)
    assert last_sales(await act(driver, "unmark", 20.1, mark=mark)).marks == ()
    for day in (date.min, date.max):
        rejected = (await act(driver, "mark", 21, mark=msgspec.structs.replace(mark, day=day))).rejections
        assert ["more than three years" in one for one in rejected] == [True]


async def test_timer_writes_the_time_of_each_event(driver: TestDriver) -> None:
    await driver.run_timer("time of ticket sales")
    assert [(topic, key) for topic, key, _ in driver.produced] == [
        (TICKET_ACTIONS.name, "summer"),
        (TICKET_ACTIONS.name, "spring"),
    ]
    action = driver.produced[0][2]
    assert isinstance(action, TicketAction)
    assert action.kind == "time"


async def test_gates_of_an_event_that_is_over_tell_how_many_to_expect_at_once(driver: TestDriver) -> None:
    await send_all(driver, [order(9_000, 200, event="spring")])
    assert last_sales(await sell(driver, per_day=7, days=30)).gates is None
    evening = datetime(2026, 4, 4, 20, tzinfo=UTC)
    for hours, persons, entered in ((0, 90, 100), (2, 150, 180), (5, 20, 190), (14, 999, 999)):
        occupancy = VenueOccupancy(
            event_id="o", time=evening + timedelta(hours=hours), persons=persons, entered=entered, left=0, seen=0
        )
        await driver.send(OCCUPANCY, "venue", occupancy)
    sales = last_sales(await act(driver, "time", 40))
    assert sales.gates == GateCount(event="spring", sold=200, entered=190, peak=150)
    assert sales.forecast is not None
    assert sales.expected_peak == pytest.approx(sales.forecast.final * 0.75, abs=1)


async def test_another_worker_goes_on_from_the_stored_rows(driver: TestDriver, tmp_path: Path) -> None:
    await sell(driver, per_day=14, days=30)
    mark = TicketMark(id="m1", kind="weather", day=date(2026, 3, 10), text="Storm")
    (price,) = (await act(driver, "mark", 30, mark=mark)).of(TICKET_PRICES)
    assert price.proposal is not None
    other = TestDriver(FEATURE, VENUE, settings=Settings(ticket_history=tmp_path / "history.json"))
    other.tables["tickets"].update(driver.tables["tickets"])
    other._offsets.update(driver._offsets)
    effects = await act(other, "approve", 30.5, type="day", proposal=price.proposal.id)
    assert [step.cents for step in effects.of(TICKET_PRICES)[-1].steps] == [4000, 4500]
    sales = last_sales(await send_all(other, [order(1, 14), order(9_999, 1, day=31)]))
    assert (sales.sold, sales.marks[0].text) == (30 * 14 + 1, "Storm")


async def test_unreadable_history_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("{", encoding="utf-8")
    driver = TestDriver(FEATURE, VENUE, settings=Settings(ticket_history=tmp_path / "history.json"))
    assert last_sales(await sell(driver, per_day=7, days=3)).lacking == "no_history"
