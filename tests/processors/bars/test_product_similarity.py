"""A new drink begins as its kin, and a new bar as those around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.bars.bar import BarState
from processors.bars.cold_start_evaluation import evaluate
from processors.bars.demand import DemandModel
from processors.bars.product_similarity import ProductTraits, neighbour_rates, share_prior, similarity
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket

BEGIN = datetime(2026, 7, 4, 18, tzinfo=UTC)
LAGER = ProductTraits("beer", 4.0, 5.0, 330)


def test_price_alcohol_size_and_category_make_kin() -> None:
    others = [
        ProductTraits("beer", 9.0, 5.0, 330),
        ProductTraits("beer", 4.0, 9.0, 330),
        ProductTraits("beer", 4.0, 5.0, 1000),
    ]
    twin = similarity("ale", LAGER, "lager", LAGER)
    assert twin == 1.0
    assert all(similarity("ale", LAGER, "lager", other) < twin for other in others)
    assert similarity("ale", LAGER, "gin", ProductTraits("spirits", 4.0, 5.0, 330)) == pytest.approx(0.1)
    assert similarity("red beer", ProductTraits(), "dark beer", ProductTraits()) > similarity(
        "red beer", ProductTraits(), "gin", ProductTraits()
    )


def test_nobody_to_ask_is_said() -> None:
    assert share_prior("ale", {"ale": LAGER}, {}) is None
    assert share_prior("ale", {"ale": LAGER}, {"gin": 0.0}) is None


def test_a_drink_that_was_never_sold_is_expected_as_its_kin_are() -> None:
    traits = {name: ProductTraits("beer", 4.0) for name in ("lager", "ale")} | {"gin": ProductTraits("spirits", 9.0)}
    demand = DemandModel(traits=traits)
    for minute in range(120):
        demand.sell("lager", 4.0, BEGIN + timedelta(minutes=minute))
        demand.sell("gin", 1.0, BEGIN + timedelta(minutes=minute))
    demand.welcome_kin(["ale"])
    ale, lager, gin = (demand.forecast(name)[-1].mean for name in ("ale", "lager", "gin"))
    assert gin < ale < lager * 1.1
    assert abs(ale - lager) < abs(ale - gin)


def test_a_drink_that_nobody_wants_is_soon_forgotten() -> None:
    demand = DemandModel()
    for minute in range(600):
        demand.sell("lager", 4.0, BEGIN + timedelta(minutes=minute))
        if minute == 60:
            demand.welcome_kin(["ale"])
            assert demand.forecast("ale")[0].mean > 10
    assert demand.forecast("ale")[0].mean < 3


def test_a_new_bar_begins_as_those_around_and_finds_its_own_size() -> None:
    plan = BarSettings(id="new", products=[ProductSettings(id="beer"), ProductSettings(id="water")])
    elsewhere = {"beer": 120.0, "water": 60.0}
    bar, forecast = BarState("new", plan, "Europe/Madrid"), None
    for number in range(46):
        time = BEGIN + timedelta(minutes=2 * number)
        ticket = Ticket(
            id=f"t{number}", bar="new", till="1", time=time, lines=(SaleLine(product="beer", quantity=1.0),)
        )
        forecast = bar.apply(ticket, number, f"e{number}", {}, {}, elsewhere)
        if number == 0:
            assert forecast is not None
            beer, water = (product.horizons[-1].mean for product in forecast.products)
            assert 90 < beer < 150
            assert 45 < water < 75
    assert forecast is not None
    assert 20 < forecast.products[0].horizons[-1].mean < 50, "it sells 30 an hour, whatever the others do"


def test_bars_of_the_same_zone_tell_more_and_a_bar_is_not_its_own_kin() -> None:
    paces = {"a": {"beer": 10.0}, "b": {"beer": 40.0}, "new": {"beer": 1000.0}}
    zones = {"a": "front", "b": "gate", "new": "front"}
    assert neighbour_rates("new", "front", paces, zones) == {"beer": 20.0}
    assert neighbour_rates("new", None, paces, zones) == {"beer": 25.0}
    assert neighbour_rates("a", "front", {}, zones) == {}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["takeaway_orders_until_2018_11.csv", "bike_share_hourly.csv"])
def test_kin_better_the_first_hours(shared_data: Path, name: str) -> None:
    report = evaluate(shared_data / "demand" / name)
    for kind in ("new_products", "new_bars"):
        for hours, found in (report[kind] or {}).items():
            assert found["kin"]["pinball"] < 0.95 * found["alone"]["pinball"], (kind, hours)
            assert found["kin"]["rmse"] < 0.95 * found["alone"]["rmse"], (kind, hours)
