"""State of one bar: each ticket is applied once, totals are exact, and a restored row gives the same results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import field
from msgspec.structs import replace

from processors.bars.bar import BarState, StaticContext, Surplus, UnknownProductError
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


def make_bar(row: bytes | None = None) -> BarState:
    return BarState("north", PLAN, "Europe/Madrid", row)


def test_bar_applies_record_and_ticket_once() -> None:
    state = make_bar()
    assert state.apply_ticket(ticket(1, 0, beer=2), 10, "e1") is not None
    assert state.apply_ticket(ticket(1, 0, beer=2), 10, "e1") is None, "the same record again"
    assert state.apply_ticket(ticket(1, 0, beer=2), 11, "e2") is None, "the same ticket in another record"
    assert (state.tickets, state.sold["beer"], state.stock("beer")) == (1, 2, 298)


def test_bar_with_unknown_product_books_nothing() -> None:
    state = make_bar()
    with pytest.raises(UnknownProductError, match=r"no product 'gin'.*beer, water"):
        state.apply_ticket(ticket(1, 0, beer=1, gin=1), 0, "e1")
    assert (state.tickets, dict(state.sold)) == (0, {})


def test_bar_forecasts_once_a_minute_of_ticket_time() -> None:
    state = make_bar()
    forecasts = [state.apply_ticket(ticket(n, n / 4, beer=1), n, f"e{n}") for n in range(12)]
    assert [n for n, forecast in enumerate(forecasts) if forecast is not None] == [0, 4, 8]


class RecordingContext(StaticContext, frozen=True):
    """Context that records which of its methods were called."""

    calls: list[str] = field(default_factory=list)

    def neighbour_rates(self, time: datetime) -> Mapping[str, float]:
        self.calls.append("neighbour_rates")
        return {}

    def surplus(self) -> Surplus:
        self.calls.append("surplus")
        return {}


def test_context_is_evaluated_only_when_needed() -> None:
    state, context = make_bar(), RecordingContext()
    for n in range(40):
        state.apply_ticket(ticket(n, n / 2, beer=1), n, f"e{n}", context)
    assert context.calls.count("neighbour_rates") == 2, "once in each of two slots of 15 minutes"
    assert context.calls.count("surplus") == 20, "once for each forecast, of which there is one a minute"
    before = list(context.calls)
    state.apply_ticket(ticket(39, 39 / 2, beer=1), 40, "e40", context)
    assert context.calls == before, "a repeated ticket needs no context"


def test_restored_bar_knows_the_tickets_of_a_day() -> None:
    state = make_bar()
    for number in range(1500):
        state.apply_ticket(ticket(number, number / 2, beer=1), number, "e")
    restored = make_bar(state.to_row())
    for number in (0, 700, 1499):
        assert restored.apply_ticket(ticket(number, number / 2, beer=1), 2000 + number, "e") is None
    forecast = restored.apply_ticket(ticket(1500, 800, beer=1), 4000, "e")
    assert (restored.tickets, restored.sold["beer"]) == (1501, 1501)
    assert forecast is not None
    assert (forecast.repeated, forecast.renumbered) == (3, 0)


@pytest.mark.parametrize("tills", [("1",), ("1", "2"), ("1", "2", "3")])
def test_receipt_numbers_that_begin_anew_are_all_counted(tills: tuple[str, ...]) -> None:
    """Numbers begin at 1 each day and at each till."""
    state, offset = make_bar(), 0
    for day in range(3):
        for number in range(1, 101):
            for till in tills:
                record = replace(ticket(number, day * 1440 + number * 0.7, beer=1), till=till)
                state.apply_ticket(record, offset, f"e{offset}")
                offset += 1
    assert (state.tickets, state.sold["beer"]) == (300 * len(tills), 300 * len(tills))
    forecast = state.forecast(BEGIN + timedelta(days=3), "e")
    # Each further till uses the numbers of the first again; those of the day before are forgotten after 24 hours.
    assert forecast.renumbered >= 300 * (len(tills) - 1)
    assert forecast.repeated == 0


TICKETS = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0, 600), st.sampled_from(["beer", "water"]), st.integers(-3, 40)),
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(TICKETS, st.sets(st.integers(0, 60)), st.integers(0, 59))
def test_totals_are_exact_after_restarts_and_repeated_records(
    given_tickets: list[tuple[int, float, str, int]], restarts: set[int], repeat_from: int
) -> None:
    state, known, sold = make_bar(), set(), {"beer": 0, "water": 0}
    records = [
        (n, ticket(number, minutes, **{name: units})) for n, (number, minutes, name, units) in enumerate(given_tickets)
    ]
    for offset, record in [*records, *records[repeat_from:]]:
        if offset in restarts:
            state = make_bar(state.to_row())
        state.apply_ticket(record, offset, f"e{offset}")
    for _, record in records:
        if record not in known:
            known.add(record)
            sold[record.lines[0].product] += int(record.lines[0].quantity)
    assert state.tickets == len(known)
    assert {name: state.sold.get(name, 0) for name in sold} == sold


def test_restored_bar_forecasts_the_same() -> None:
    uninterrupted, restarted = make_bar(), make_bar()
    for number in range(400):
        record = ticket(number, number * 1.5, beer=1 + number % 3, water=number % 2)
        expected = uninterrupted.apply_ticket(record, number, f"e{number}", StaticContext({"occupancy": number / 400}))
        assert (
            restarted.apply_ticket(record, number, f"e{number}", StaticContext({"occupancy": number / 400})) == expected
        )
        if number % 37 == 0:
            restarted = make_bar(restarted.to_row())


def test_bar_that_runs_out_fetches_within_its_shelf() -> None:
    state = make_bar()
    forecast = None
    for number in range(280):
        forecast = state.apply_ticket(ticket(number, number / 2, beer=1), number, "e") or forecast
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


def test_outlier_ticket_leaves_forecast_plausible() -> None:
    state = make_bar()
    for number in range(200):
        state.apply_ticket(ticket(number, number, water=2), number, "e")
    state.apply_ticket(ticket(900, 200, water=90_000), 900, "e")
    forecast = None
    for number in range(201, 400):
        forecast = state.apply_ticket(ticket(number, number, water=2), 1000 + number, "e") or forecast
    assert forecast is not None
    hour = forecast.products[1].horizons[-1]
    assert hour.minutes == 60
    assert 60 < hour.mean < 260, "120 an hour are sold"


def test_programme_reaches_the_demand_model_at_each_slot() -> None:
    begin = BEGIN.timestamp()
    state = make_bar()
    context = StaticContext(stages={"main": [(begin + 1800, begin + 5400)]})
    state.apply_ticket(ticket(1, 0, beer=1), 1, "e1", context)
    current = state.demand.state.evenings.current
    assert current is not None
    assert current.stages == {"main": [(begin + 1800, begin + 5400)]}
    moved = StaticContext(stages={"main": [(begin + 5400, begin + 9000)]})
    state.apply_ticket(ticket(2, 5, beer=1), 2, "e2", moved)
    assert current.stages["main"][0][0] == begin + 1800, "a moved set counts from the next slot on"
    state.apply_ticket(ticket(3, 20, beer=1), 3, "e3", moved)
    assert current.stages["main"][0][0] == begin + 5400
