"""Restock advice of a bar: one trip, enough for the evening, when needed, from the nearest sufficient source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.bar import BarState, StaticContext
from schemas.bars import BarSettings, DemandForecast, ProductDemand, SaleLine, StockMovement, Ticket

BEGIN = datetime(2026, 7, 4, 18, tzinfo=UTC)


def make_bar_settings(**more: object) -> BarSettings:
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


def sell_evening(
    bar: BarState, minutes: int, surplus: dict[str, dict[str, float]] | None = None
) -> dict[str, ProductDemand]:
    """Sell one beer a minute and a water every other; return the last forecast by product."""
    forecast: DemandForecast | None = None
    for n in range(minutes):
        sold = {"beer": 1.0, "water": float(n % 2)}
        forecast = (
            bar.apply_ticket(ticket(n, n, **sold), n, f"e{n}", StaticContext(surplus_units=surplus or {})) or forecast
        )
    assert forecast is not None
    return {product.product: product for product in forecast.products}


def book_movement(
    bar: BarState, kind: str, product: str, units: float, minutes: float, offset: int
) -> dict[str, ProductDemand]:
    movement = StockMovement(
        id=f"m{offset}", bar="north", product=product, kind=kind, quantity=units, by="ana",  # type: ignore[arg-type]
        time=BEGIN + timedelta(minutes=minutes),
    )  # fmt: skip
    forecast = bar.apply_movement(movement, offset, f"m{offset}")
    assert forecast is not None
    return {product.product: product for product in forecast.products}


def test_enough_stock_needs_no_fetch() -> None:
    products = sell_evening(BarState("north", make_bar_settings(), "Europe/Madrid"), 120)
    assert all(product.fetch is None for product in products.values())
    assert products["beer"].surplus is not None


def test_fetch_is_in_packages_within_shelf_and_takes_more_along() -> None:
    products = sell_evening(BarState("north", make_bar_settings(), "Europe/Madrid"), 184)
    beer, water = products["beer"], products["water"]
    assert beer.stock == 16
    assert beer.fetch is not None
    assert beer.fetch % 30 == 0
    assert 60 <= beer.fetch <= 400
    assert beer.fetch_from == "store"
    assert beer.fetch_by is not None
    assert BEGIN + timedelta(minutes=184) <= beer.fetch_by <= BEGIN + timedelta(minutes=210)
    assert (water.along, water.fetch is not None) == (True, True), "38 waters last for less than the cover time"
    assert products["rum"].fetch is None


def test_no_fetch_shortly_before_closing() -> None:
    products = sell_evening(BarState("north", make_bar_settings(closes="23:10"), "Europe/Madrid"), 184)
    beer = products["beer"]
    assert beer.stock == 16
    assert beer.run_out_probability is not None
    assert beer.run_out_probability < 0.2, "six minutes remain until closing"
    assert beer.fetch is None
    assert beer.rest_of_day is not None
    assert beer.rest_of_day.mean < 20


def test_neighbour_with_enough_surplus_precedes_store() -> None:
    for surplus, source in ((500.0, "south"), (5.0, "store")):
        products = sell_evening(
            BarState("north", make_bar_settings(), "Europe/Madrid"),
            184,
            {"south": {"beer": surplus}, "far": {"beer": 999.0}},
        )
        assert products["beer"].fetch_from == source


def test_units_in_transit_end_the_notice_until_delivery() -> None:
    bar = BarState("north", make_bar_settings(), "Europe/Madrid")
    fetch = sell_evening(bar, 184)["beer"].fetch
    assert fetch is not None
    in_transit = book_movement(bar, "on-its-way", "beer", fetch, 185, 1)["beer"]
    assert in_transit.coming == fetch
    assert in_transit.fetch is None
    assert in_transit.run_out_probability is not None
    assert in_transit.run_out_probability < 0.2
    delivered = book_movement(bar, "delivery", "beer", fetch, 190, 2)["beer"]
    assert (delivered.stock, delivered.coming, delivered.fetch) == (16 + fetch, 0, None)


def test_units_in_transit_expire_and_are_fetched_again() -> None:
    bar = BarState("north", make_bar_settings(), "Europe/Madrid")
    sell_evening(bar, 184)
    book_movement(bar, "on-its-way", "beer", 90, 185, 1)
    forecasts = [bar.apply_ticket(ticket(900 + n, 190 + 5 * n, beer=1), 900 + n, "late") for n in range(14)]
    beers = [forecast.products[0] for forecast in forecasts if forecast is not None]
    assert [(product.coming, product.fetch is None) for product in beers[:8]] == [(90, True)] * 8
    assert beers[-1].coming == 0
    assert beers[-1].fetch is not None


def test_recipe_reduces_stock_of_its_parts() -> None:
    bar = BarState("north", make_bar_settings(), "Europe/Madrid")
    forecast = None
    for n in range(240):
        forecast = bar.apply_ticket(ticket(n, n, cuba_libre=2), n, f"e{n}") or forecast
    assert forecast is not None
    products = {product.product: product for product in forecast.products}
    assert (products["rum"].stock, products["cola"].stock, products["cuba-libre"].stock) == (420, 0, None)
    assert products["cola"].oversold == 60
    assert products["rum"].horizons[-1].mean == pytest.approx(120, rel=0.2)
    assert products["cuba-libre"].run_out_probability is None


def test_row_without_ledger_keeps_its_stock() -> None:
    bar = BarState("north", make_bar_settings(), "Europe/Madrid")
    sell_evening(bar, 30)
    row = bar.to_row()
    start = row.rindex(b',"stock":')
    old = BarState("north", make_bar_settings(), "Europe/Madrid", row[:start] + b"}")
    assert old.stock("beer") == bar.stock("beer") == 170
