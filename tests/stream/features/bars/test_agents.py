"""The bars agents without Kafka: tickets, stock movements and context."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.bars import BAR_STATES, DEMAND, LATEST_DEMAND, SALES, STOCK, SaleLine, StockMovement, Ticket
from schemas.context import CONTEXT, VenueContext
from schemas.programme import PROGRAMME_SETS, ProgrammeSet
from schemas.sources import SOURCE_STATES, SourceState
from schemas.venue import Venue
from stream.features.bars import FEATURE
from stream.features.bars.latest import decode_bars, last_by_bar
from stream.runtime.testing import TestDriver

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
VENUE = Venue.model_validate({
    "name": "Test",
    "bars": [
        {"id": "north", "neighbours": ["south"], "products": [{"id": "beer", "opening_stock": 100}]},
        {"id": "south", "products": [{"id": "beer", "opening_stock": 100}]},
    ],
})  # fmt: skip


def ticket(number: int, quantity: float = 2, bar: str = "north", product: str = "beer") -> Ticket:
    line = SaleLine(product=product, quantity=quantity)
    return Ticket(id=f"t{number}", bar=bar, till="1", time=AT + timedelta(seconds=number), lines=(line,))


@pytest.fixture
def driver() -> TestDriver:
    return TestDriver(FEATURE, VENUE)


async def test_tickets_are_booked_once_and_forecast(driver: TestDriver) -> None:
    events = [driver.event(SALES, "north", ticket(number * 40)) for number in range(5)]
    effects = await driver.send_events(SALES, [*events, events[-1]])
    forecasts = effects.of(DEMAND)
    assert forecasts, "a forecast is due each minute of the tills' time"
    effects = await driver.send(SALES, "north", ticket(600, 3))
    (forecast,) = effects.of(DEMAND)
    assert (forecast.products[0].sold, forecast.products[0].stock) == (13, 87)
    assert set(effects.rows) == {"north"}
    assert msgspec.json.decode(effects.rows["north"] or b"")["version"] == 1


async def test_programme_of_the_day_is_part_of_the_state(driver: TestDriver) -> None:
    one = ProgrammeSet(
        id="a-1", day=AT.date(), begin=AT, end=AT + timedelta(hours=1), stage="main", act="a", name="A"
    )  # fmt: skip
    await driver.send(PROGRAMME_SETS, one.id, one)
    effects = await driver.send(SALES, "north", ticket(0))
    assert b'"stages":{"main":[[' in (effects.rows["north"] or b"").replace(b'\\"', b'"')


async def test_state_survives_a_restart_of_the_agent(driver: TestDriver) -> None:
    await driver.send(SALES, "north", ticket(0))
    restarted = TestDriver(FEATURE, VENUE)
    restarted.tables["bars"].update(driver.tables["bars"])
    repeated = await restarted.send(SALES, "north", ticket(0))
    assert not repeated.of(DEMAND), "its offset was applied before the restart"
    (forecast,) = (await restarted.send(SALES, "north", ticket(100))).of(DEMAND)
    assert forecast.products[0].sold == 4


async def test_transfer_books_its_counterpart_at_the_other_bar(driver: TestDriver) -> None:
    movement = StockMovement(
        id="m1", bar="north", product="beer", kind="transfer", quantity=10, time=AT, by="ana", other="south"
    )
    effects = await driver.send(STOCK, "north", movement)
    (counterpart,) = effects.of(STOCK)
    assert (counterpart.bar, counterpart.other, counterpart.counterpart) == ("south", "north", True)
    (forecast,) = (await driver.send(STOCK, "south", counterpart)).of(DEMAND)
    assert forecast.products[0].stock == 110


@pytest.mark.parametrize(
    ("key", "sale", "reason"),
    [
        ("north", ticket(0, bar="south"), "is not its bar"),
        ("west", ticket(0, bar="west"), "no bar 'west' in the venue file; it has north, south"),
        ("north", ticket(0, product="wine"), "wine"),
    ],
)
async def test_unusable_ticket_is_rejected_with_a_reason(
    driver: TestDriver, key: str, sale: Ticket, reason: str
) -> None:
    effects = await driver.send(SALES, key, sale)
    assert reason in effects.rejections[0]
    assert not effects.rows


async def test_implausible_context_is_rejected(driver: TestDriver) -> None:
    context = VenueContext(zone="front", time=AT, source="mast", temperature_celsius=1e9)
    effects = await driver.send(CONTEXT, "front/mast", context)
    assert effects.rejections == ["temperature_celsius of 1e+09; -90 to 60 is possible"]


async def test_latest_topics_hold_each_bar_once_a_batch(driver: TestDriver) -> None:
    events = [driver.event(SALES, "north", ticket(number * 70)) for number in range(3)]
    effects = await driver.send_events(SALES, events)
    assert [forecast.tickets for forecast in effects.of(DEMAND)] == [1, 2, 3]
    assert [forecast.tickets for forecast in effects.of(LATEST_DEMAND)] == [3]
    (snapshot,) = effects.of(BAR_STATES)
    assert (snapshot.bar, snapshot.time) == ("north", AT + timedelta(seconds=140))


async def test_bar_without_new_sales_is_among_the_latest(driver: TestDriver) -> None:
    records = (await driver.send(SALES, "south", ticket(0, 5, bar="south"))).records
    for number in range(1, 30):
        records += (await driver.send(SALES, "north", ticket(number * 70))).records
    forecasts = last_by_bar(record.value for record in records if record.topic == LATEST_DEMAND.name)
    assert {bar: forecast.products[0].sold for bar, forecast in forecasts.items()} == {"north": 58, "south": 5}
    bars = decode_bars((record.value for record in records if record.topic == BAR_STATES.name), VENUE)
    assert {name: (bar.tickets, bar.stock("beer")) for name, bar in bars.items()} == {
        "north": (29, 42), "south": (1, 95),
    }  # fmt: skip
    assert bars["south"].clock == AT


async def test_batch_without_forecast_adds_nothing_to_the_latest(driver: TestDriver) -> None:
    await driver.send(SALES, "north", ticket(0))
    effects = await driver.send(SALES, "north", ticket(1))
    assert not effects.of(LATEST_DEMAND) and not effects.of(BAR_STATES)


@pytest.mark.parametrize(("name", "marked"), [("north", True), ("http", True), ("south", False)])
async def test_forecast_names_the_silent_tills_that_it_rests_on(driver: TestDriver, name: str, marked: bool) -> None:
    def state(*, silent: bool) -> SourceState:
        return SourceState(
            event_id="s", source=f"tills/{name}", kind="tills", name=name, time=AT, silent=silent, since=AT
        )

    def movement(number: int) -> StockMovement:
        return StockMovement(id=f"m{number}", bar="north", product="beer", kind="count", quantity=9, time=AT, by="ana")

    await driver.send(SOURCE_STATES, name, state(silent=True))
    (forecast,) = (await driver.send(STOCK, "north", movement(1))).of(DEMAND)
    assert forecast.blind == ((f"tills/{name}",) if marked else ())
    await driver.send(SOURCE_STATES, name, state(silent=False))
    (forecast,) = (await driver.send(STOCK, "north", movement(2))).of(DEMAND)
    assert forecast.blind == ()
