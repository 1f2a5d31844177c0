"""One bar: every ticket once, totals exact, and a row that continues where it stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.bars.bar import REMEMBERED, BarState, UnknownProductError
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket

BEGIN = datetime(2026, 7, 4, 18, tzinfo=UTC)
PLAN = BarSettings(
    id="north",
    lead_time_minutes=20,
    products=[
        ProductSettings(id="beer", opening_stock=300, shelf=400),
        ProductSettings(id="water", opening_stock=1000),
    ],
)


def ticket(number: int, minutes: float, **units: float) -> Ticket:
    lines = tuple(SaleLine(product=name, quantity=quantity) for name, quantity in units.items())
    return Ticket(id=f"t{number}", bar="north", till="1", time=BEGIN + timedelta(minutes=minutes), lines=lines)


def bar(row: bytes | None = None) -> BarState:
    return BarState("north", PLAN, "Europe/Madrid", row)


def test_a_record_and_a_ticket_count_once() -> None:
    one = bar()
    assert one.apply(ticket(1, 0, beer=2), 10, "e1") is not None
    assert one.apply(ticket(1, 0, beer=2), 10, "e1") is None, "the same record again"
    assert one.apply(ticket(1, 0, beer=2), 11, "e2") is None, "the same ticket in another record"
    assert (one.tickets, one.sold["beer"], one.stock("beer")) == (1, 2, 298)


def test_an_unknown_product_books_nothing() -> None:
    one = bar()
    with pytest.raises(UnknownProductError, match=r"no product 'gin'.*beer, water"):
        one.apply(ticket(1, 0, beer=1, gin=1), 0, "e1")
    assert (one.tickets, dict(one.sold)) == (0, {})


def test_forecasts_come_once_a_minute_of_the_tills_time() -> None:
    one = bar()
    said, came = [], []
    for n in range(12):
        said.append(one.forecasts_at(ticket(n, n / 4, beer=1).time))
        came.append(one.apply(ticket(n, n / 4, beer=1), n, f"e{n}") is not None)
    assert said == came, "whoever asks first what others can spare, asks in time"
    assert [n for n, forecast in enumerate(came) if forecast] == [0, 4, 8]


def test_only_so_many_tickets_are_remembered() -> None:
    one = bar()
    for number in range(REMEMBERED + 5):
        one.apply(ticket(number, number / 100, beer=1), number, "e")
    row = msgspec.json.decode(one.to_row())
    assert one.tickets == REMEMBERED + 5
    assert len(row["recent"]) < REMEMBERED * 8 * 4 / 3 + 4
    assert bar(one.to_row()).apply(ticket(REMEMBERED, 60, beer=1), REMEMBERED + 9, "e") is None


TICKETS = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0, 600), st.sampled_from(["beer", "water"]), st.integers(-3, 40)),
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(TICKETS, st.sets(st.integers(0, 60)), st.integers(0, 59))
def test_totals_are_exact_however_often_it_restarts_and_records_repeat(
    given_tickets: list[tuple[int, float, str, int]], restarts: set[int], repeat_from: int
) -> None:
    one, seen, sold = bar(), set(), {"beer": 0, "water": 0}
    records = [
        (n, ticket(id_, minutes, **{name: units})) for n, (id_, minutes, name, units) in enumerate(given_tickets)
    ]
    for offset, record in [*records, *records[repeat_from:]]:
        if offset in restarts:
            one = bar(one.to_row())
        one.apply(record, offset, f"e{offset}")
    for _, record in records:
        if record.id not in seen:
            seen.add(record.id)
            sold[record.lines[0].product] += int(record.lines[0].quantity)
    assert one.tickets == len(seen)
    assert {name: one.sold.get(name, 0) for name in sold} == sold


def test_a_restart_changes_no_forecast() -> None:
    plain, restarted = bar(), bar()
    for number in range(400):
        record = ticket(number, number * 1.5, beer=1 + number % 3, water=number % 2)
        expected = plain.apply(record, number, f"e{number}", {"occupancy": number / 400})
        assert restarted.apply(record, number, f"e{number}", {"occupancy": number / 400}) == expected
        if number % 37 == 0:
            restarted = bar(restarted.to_row())


def test_a_bar_that_runs_dry_is_told_to_fetch_what_it_has_room_for() -> None:
    one = bar()
    forecast = None
    for number in range(280):
        forecast = one.apply(ticket(number, number / 2, beer=1), number, "e") or forecast
    assert forecast is not None
    beer, water = forecast.products
    assert beer.stock is not None
    assert beer.stock < 30
    assert beer.run_out_probability is not None
    assert beer.run_out_probability > 0.5
    assert beer.fetch is not None
    assert 60 < beer.fetch <= 400
    assert water.fetch is None
    assert water.run_out_probability == 0.0


def test_a_wild_ticket_ruins_nothing() -> None:
    one = bar()
    for number in range(200):
        one.apply(ticket(number, number, water=2), number, "e")
    one.apply(ticket(900, 200, water=90_000), 900, "e")
    forecast = None
    for number in range(201, 400):
        forecast = one.apply(ticket(number, number, water=2), 1000 + number, "e") or forecast
    assert forecast is not None
    hour = forecast.products[1].horizons[-1]
    assert hour.minutes == 60
    assert 60 < hour.mean < 260, "120 an hour is what is sold"
