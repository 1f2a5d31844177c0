"""Tills whose clocks are wrong: their sales are booked when they were made, and the till is named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.bars.bar import BarState
from processors.bars.till_clocks import MAX_TILLS, TillClocks
from processors.event_time import MAX_AHEAD
from schemas.bars import BarSettings, DemandForecast, ProductSettings, SaleLine, Ticket

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PLAN = BarSettings(id="north", products=[ProductSettings(id="beer", opening_stock=500)])


def ticket(number: int, time: datetime, units: float = 1, till: str = "1") -> Ticket:
    line = SaleLine(product="beer", quantity=units)
    return Ticket(id=f"t{number}", bar="north", till=till, time=time, lines=(line,))


def sell(bar: BarState, sales: Iterable[tuple[datetime, Ticket]], first: int = 0) -> list[DemandForecast]:
    """Apply tickets with the times of their receipt; return the forecasts."""
    applied = (
        bar.apply_ticket(sold, offset, f"e{offset}", received=received)
        for offset, (received, sold) in enumerate(sales, first)
    )
    return [forecast for forecast in applied if forecast is not None]


def evening(offset: timedelta, tickets: int = 480) -> Iterator[tuple[datetime, Ticket]]:
    """Yield sales of two tills in turn, one each half minute, the second of which is off by `offset`."""
    for number in range(tickets):
        received = NOW + 30 * SECOND * number
        wrong = bool(number % 2)
        till = "2" if wrong else "1"
        yield received, ticket(number, received - SECOND + (offset if wrong else timedelta(0)), till=till)


def test_one_ticket_from_the_future_does_not_stop_the_bar() -> None:
    bar = BarState("north", PLAN, "Europe/Madrid")
    sales = [(NOW, ticket(0, NOW + 55 * MINUTE, till="2"))]
    sales += [(NOW + 5 * n * SECOND, ticket(n, NOW + 5 * n * SECOND, 15)) for n in range(1, 31)]
    forecasts = sell(bar, sales)
    assert len(forecasts) == 3
    assert forecasts[-1].time < NOW + 3 * MINUTE
    assert forecasts[-1].products[0].stock == 500 - 1 - 15 * 24
    (clock,) = forecasts[-1].clocks
    assert (clock.till, clock.ahead_seconds, clock.corrected) == ("2", 3300.0, 1)


@pytest.mark.parametrize(
    "offset",
    [HOUR, -HOUR, 30 * MINUTE, -30 * MINUTE, 2 * HOUR, -2 * HOUR, -5.5 * HOUR, 17 * MINUTE, -17 * MINUTE, 13 * HOUR],
    ids=str,
)  # fmt: skip
def test_till_with_wrong_clock_does_not_halve_the_forecast(offset: timedelta) -> None:
    right, wrong = (BarState("north", PLAN, "Europe/Madrid") for _ in range(2))
    expected, forecast = sell(right, evening(timedelta(0)))[-1], sell(wrong, evening(offset))[-1]
    assert forecast.products[0].stock == expected.products[0].stock
    assert forecast.products[0].horizons[0].mean == pytest.approx(expected.products[0].horizons[0].mean, rel=0.1)
    assert not expected.clocks
    (clock,) = forecast.clocks
    assert (clock.till, round(clock.ahead_seconds / 60)) == ("2", round(offset / MINUTE))


def _random_hour(seconds: float, chance: random.Random) -> float:
    return chance.uniform(-3600, 3600)


def _random_behind(seconds: float, chance: random.Random) -> float:
    return chance.uniform(-3600, 0)


def _standing_still(seconds: float, chance: random.Random) -> float:
    return -seconds


def _drift(seconds: float, chance: random.Random) -> float:
    return -0.1 * seconds


def _summer_time_ends(seconds: float, chance: random.Random) -> float:
    return -3600.0 * (seconds > 7200)


def _two_clocks(seconds: float, chance: random.Random) -> float:
    return chance.choice((0.0, -3600.0))


def _time_zone(seconds: float, chance: random.Random) -> float:
    return -7200.0


@pytest.mark.parametrize("tills", [1, 2])
@pytest.mark.parametrize(
    "lead",
    [_random_hour, _random_behind, _standing_still, _drift, _summer_time_ends, _two_clocks, _time_zone],
    ids=lambda lead: lead.__name__.strip("_"),
)
def test_sales_of_bad_clock_are_booked_in_their_quarter(
    lead: Callable[[float, random.Random], float], tills: int
) -> None:
    """The second till has a bad clock, or the only one; units in the right quarter of an hour, and forecasts."""
    chance, clocks = random.Random(7), TillClocks({})
    right, wrong = (BarState("north", PLAN, "Europe/Madrid") for _ in range(2))
    units, in_quarter, expected, forecasts = 0, 0, 0.0, 0.0
    for number in range(960):
        time = NOW + 15 * SECOND * number
        received = time + chance.uniform(0.3, 4) * SECOND
        bad = number % tills == tills - 1
        shown = time + (lead(15.0 * number, chance) if bad else 0) * SECOND
        till = str(1 + number % tills)
        booked = clocks.booking_time(till, shown, received)
        units += 1
        in_quarter += booked.timestamp() // 900 == time.timestamp() // 900
        right.apply_ticket(ticket(number, time, till=till), number, "e", received=received)
        wrong.apply_ticket(ticket(number, shown, till=till), number, "e", received=received)
        if number > 240 and number % 60 == 59:
            expected += right.forecast(received, "e").products[0].horizons[0].mean
            forecasts += wrong.forecast(received, "e").products[0].horizons[0].mean
    assert in_quarter / units >= 1 - MAX_AHEAD / (15 * MINUTE)
    assert forecasts == pytest.approx(expected, rel=0.15)
    assert wrong.sold == right.sold
    named = {clock.till: clock.ahead_seconds for clock in clocks.report(NOW + 4 * HOUR)}
    assert list(named) == [str(tills)]
    assert named[str(tills)] != 0


def test_clock_that_was_at_random_is_trusted_again() -> None:
    clocks, chance = TillClocks({}), random.Random(3)
    for number in range(40):
        clocks.booking_time("1", NOW + (30 * number + chance.uniform(-3600, 0)) * SECOND, NOW + 30 * SECOND * number)
    later = NOW + HOUR
    for number in range(20):
        clocks.booking_time("1", later + 30 * SECOND * number, later + (30 * number + 1) * SECOND)
    sold = later + 30 * MINUTE
    assert clocks.booking_time("1", sold, sold + 20 * MINUTE) == sold


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("pause", [0.2, 1.0, 3.0, 12.0])
def test_backlog_between_new_sales_keeps_its_times(pause: float, newest_first: bool) -> None:
    """An hour offline; what was sold meanwhile is sent between new sales, oldest or newest first."""
    backlog = [30.0 * number for number in range(120)]
    sent = [(time, 3600 + pause * number) for number, time in enumerate(backlog[:: -1 if newest_first else 1])]
    sent += [(time, time + 2) for time in range(3600, 7200, 30)]
    clocks = TillClocks({})
    for time, received in sorted(sent, key=lambda one: one[1]):
        assert clocks.booking_time("1", NOW + time * SECOND, NOW + received * SECOND) == NOW + time * SECOND
    assert not clocks.report(NOW + 2 * HOUR)


def test_till_with_empty_battery_is_corrected_among_others() -> None:
    """Its clock begins at 2000; a recording, of which all tills are old, keeps its times."""
    right, wrong = (BarState("north", PLAN, "Europe/Madrid") for _ in range(2))
    expected = sell(right, evening(timedelta(0)))[-1]
    forecast = sell(wrong, evening(datetime(2000, 1, 1, tzinfo=UTC) - NOW))[-1]
    assert forecast.products[0].stock == expected.products[0].stock
    assert forecast.products[0].horizons[0].mean == pytest.approx(expected.products[0].horizons[0].mean, rel=0.1)
    assert [clock.till for clock in forecast.clocks] == ["2"]


def test_clock_that_is_set_right_is_reported_as_right() -> None:
    bar = BarState("north", PLAN, "Europe/Madrid")
    sell(bar, evening(-HOUR, 100))
    later = [(NOW + (60 + n) * MINUTE, ticket(1000 + n, NOW + (60 + n) * MINUTE, till="2")) for n in range(10)]
    forecasts = sell(bar, later, first=1000)
    assert forecasts[0].clocks[0].ahead_seconds == -3600
    assert forecasts[-1].clocks[0].ahead_seconds == 0
    assert forecasts[-1].time == later[-1][1].time


def test_backlog_of_an_offline_till_keeps_its_times() -> None:
    """An hour without network: the tickets come one after the other, faster than they were sold."""
    clocks = TillClocks({})
    for number in range(120):
        time, received = NOW + 30 * SECOND * number, NOW + HOUR + SECOND * number
        assert clocks.booking_time("1", time, received) == time
    assert not clocks.report(NOW + HOUR)


def test_till_that_sends_in_batches_keeps_its_times() -> None:
    clocks = TillClocks({})
    for number in range(200):
        time = NOW + 20 * SECOND * number
        received = NOW + 10 * MINUTE * (1 + int((time - NOW) / (10 * MINUTE)))
        assert clocks.booking_time("1", time, received) == time
    assert not clocks.report(NOW + 2 * HOUR)


def test_backlog_of_a_till_with_wrong_clock_is_booked_by_its_offset() -> None:
    clocks = TillClocks({})
    for number in range(20):
        received = NOW + MINUTE * number
        clocks.booking_time("1", received + HOUR, received)
    sold = NOW + 30 * MINUTE
    assert clocks.booking_time("1", sold + HOUR, sold + 10 * MINUTE) == sold


def test_recording_keeps_its_times() -> None:
    clocks = TillClocks({})
    for number in range(50):
        time = NOW + MINUTE * number
        assert clocks.booking_time("1", time, time + timedelta(days=100)) == time
    assert not clocks.report(NOW)


def test_number_of_remembered_tills_is_bounded() -> None:
    clocks = TillClocks({})
    for number in range(3 * MAX_TILLS):
        clocks.booking_time(str(number), NOW + HOUR, NOW + number * SECOND)
    assert len(clocks.state) == MAX_TILLS
    assert {clock.till for clock in clocks.report(NOW)} == {str(n) for n in range(2 * MAX_TILLS, 3 * MAX_TILLS)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(-100_000, 100_000), st.sampled_from("12")), max_size=80),
    st.integers(0, 80),
)
def test_bar_is_never_ahead_of_receipt_and_restores_alike(sales: list[tuple[int, int, str]], restart: int) -> None:
    bar, restored, received = (*(BarState("north", PLAN, "Europe/Madrid") for _ in range(2)), NOW)
    for offset, (pause, off, till) in enumerate(sales):
        received += pause * SECOND
        sold = ticket(offset, received + off * SECOND, till=till)
        forecast = bar.apply_ticket(sold, offset, "e", received=received)
        if offset == restart:
            restored = BarState("north", PLAN, "Europe/Madrid", restored.to_row())
        assert restored.apply_ticket(sold, offset, "e", received=received) == forecast
        assert bar.clock is not None
        assert bar.clock <= received + MAX_AHEAD
    assert (bar.tickets, bar.sold.get("beer", 0)) == (len(sales), len(sales))
