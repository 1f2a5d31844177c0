"""Restock notices of a whole bar: one trip, enough for the evening, only when needed, from where there is plenty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.bar import BarState
from schemas.bars import BarSettings, DemandForecast, ProductDemand, SaleLine, StockMovement, Ticket

BEGIN = datetime(2026, 7, 4, 18, tzinfo=UTC)


def plan(**more: object) -> BarSettings:
    return BarSettings.model_validate(
        {
            "id": "north", "lead_time_minutes": 20, "neighbours": ["south"],
            "products": [
                {"id": "beer", "opening_stock": 200, "shelf": 400, "package": 30},
                {"id": "water", "opening_stock": 130},
                {"id": "rum", "opening_stock": 900}, {"id": "cola", "opening_stock": 900},
                {"id": "cuba-libre", "recipe": {"rum": 1, "cola": 2}},
            ],
            **more,
        }
    )  # fmt: skip


def ticket(number: int, minutes: float, **units: float) -> Ticket:
    lines = tuple(SaleLine(product=name.replace("_", "-"), quantity=value) for name, value in units.items())
    return Ticket(id=f"t{number}", bar="north", till="1", time=BEGIN + timedelta(minutes=minutes), lines=lines)


def evening(bar: BarState, minutes: int, spare: dict[str, dict[str, float]] | None = None) -> dict[str, ProductDemand]:
    """One beer a minute and a water every other."""
    forecast: DemandForecast | None = None
    for n in range(minutes):
        sold = {"beer": 1.0, "water": float(n % 2)}
        forecast = bar.apply(ticket(n, n, **sold), n, f"e{n}", None, spare) or forecast
    assert forecast is not None
    return {one.product: one for one in forecast.products}


def moved(
    bar: BarState, kind: str, product: str, units: float, minutes: float, offset: int
) -> dict[str, ProductDemand]:
    movement = StockMovement(
        id=f"m{offset}", bar="north", product=product, kind=kind, quantity=units, by="ana",  # type: ignore[arg-type]
        time=BEGIN + timedelta(minutes=minutes),
    )  # fmt: skip
    forecast = bar.move(movement, offset, f"m{offset}")
    assert forecast is not None
    return {one.product: one for one in forecast.products}


def test_nothing_is_asked_for_while_there_is_enough() -> None:
    found = evening(BarState("north", plan(), "Europe/Madrid"), 120)
    assert all(one.fetch is None for one in found.values())
    assert found["beer"].surplus is not None


def test_what_is_fetched_comes_in_packages_has_room_and_brings_along_what_would_be_next() -> None:
    found = evening(BarState("north", plan(), "Europe/Madrid"), 184)
    beer, water = found["beer"], found["water"]
    assert beer.stock == 16
    assert beer.fetch is not None
    assert beer.fetch % 30 == 0
    assert 60 <= beer.fetch <= 400
    assert beer.fetch_from == "store"
    assert beer.fetch_by is not None
    assert BEGIN + timedelta(minutes=184) <= beer.fetch_by <= BEGIN + timedelta(minutes=210)
    assert (water.along, water.fetch is not None) == (True, True), "38 waters last for less than the cover time"
    assert found["rum"].fetch is None


def test_before_the_bar_closes_nobody_fetches_for_tomorrow() -> None:
    found = evening(BarState("north", plan(closes="23:10"), "Europe/Madrid"), 184)
    beer = found["beer"]
    assert beer.stock == 16
    assert beer.run_out_probability is not None
    assert beer.run_out_probability < 0.2, "six minutes are left"
    assert beer.fetch is None
    assert beer.rest_of_day is not None
    assert beer.rest_of_day.mean < 20


def test_a_neighbour_that_can_spare_it_comes_before_the_store() -> None:
    for spare, source in ((500.0, "south"), (5.0, "store")):
        found = evening(
            BarState("north", plan(), "Europe/Madrid"), 184, {"south": {"beer": spare}, "far": {"beer": 999.0}}
        )
        assert found["beer"].fetch_from == source


def test_a_press_withdraws_the_notice_and_a_delivery_ends_it() -> None:
    bar = BarState("north", plan(), "Europe/Madrid")
    wanted = evening(bar, 184)["beer"].fetch
    assert wanted is not None
    coming = moved(bar, "on-its-way", "beer", wanted, 185, 1)["beer"]
    assert coming.coming == wanted
    assert coming.fetch is None
    assert coming.run_out_probability is not None
    assert coming.run_out_probability < 0.2
    there = moved(bar, "delivery", "beer", wanted, 190, 2)["beer"]
    assert (there.stock, there.coming, there.fetch) == (16 + wanted, 0, None)


def test_who_never_arrives_is_asked_for_again() -> None:
    bar = BarState("north", plan(), "Europe/Madrid")
    evening(bar, 184)
    moved(bar, "on-its-way", "beer", 90, 185, 1)
    told = [bar.apply(ticket(900 + n, 190 + 5 * n, beer=1), 900 + n, "late") for n in range(14)]
    beers = [forecast.products[0] for forecast in told if forecast is not None]
    assert [(one.coming, one.fetch is None) for one in beers[:8]] == [(90, True)] * 8
    assert beers[-1].coming == 0
    assert beers[-1].fetch is not None


def test_mixed_drinks_empty_their_parts() -> None:
    bar = BarState("north", plan(), "Europe/Madrid")
    forecast = None
    for n in range(240):
        forecast = bar.apply(ticket(n, n, cuba_libre=2), n, f"e{n}") or forecast
    assert forecast is not None
    found = {one.product: one for one in forecast.products}
    assert (found["rum"].stock, found["cola"].stock, found["cuba-libre"].stock) == (420, 0, None)
    assert found["cola"].oversold == 60
    assert found["rum"].horizons[-1].mean == pytest.approx(120, rel=0.2)
    assert found["cuba-libre"].run_out_probability is None


def test_a_row_from_before_the_ledger_keeps_its_stock() -> None:
    bar = BarState("north", plan(), "Europe/Madrid")
    evening(bar, 30)
    row = bar.to_row()
    start = row.rindex(b',"stock":')
    old = BarState("north", plan(), "Europe/Madrid", row[:start] + b"}")
    assert old.stock("beer") == bar.stock("beer") == 170
