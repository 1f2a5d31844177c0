"""Cold start: a new product begins like similar ones, and a new bar like its neighbours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.bars.bar import BarState, StaticContext
from processors.bars.cold_start_evaluation import evaluate
from processors.bars.demand import DemandModel
from processors.bars.product_similarity import ProductTraits, neighbour_rates, share_prior, similarity
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket

BEGIN = datetime(2026, 7, 4, 18, tzinfo=UTC)
LAGER = ProductTraits("beer", 4.0, 5.0, 330)


def test_similarity_depends_on_price_alcohol_size_and_category() -> None:
    others = [
        ProductTraits("beer", 9.0, 5.0, 330),
        ProductTraits("beer", 4.0, 9.0, 330),
        ProductTraits("beer", 4.0, 5.0, 1000),
    ]
    same_traits = similarity("ale", LAGER, "lager", LAGER)
    assert same_traits == 1.0
    assert all(similarity("ale", LAGER, "lager", other) < same_traits for other in others)
    assert similarity("ale", LAGER, "gin", ProductTraits("spirits", 4.0, 5.0, 330)) == pytest.approx(0.1)
    assert similarity("red beer", ProductTraits(), "dark beer", ProductTraits()) > similarity(
        "red beer", ProductTraits(), "gin", ProductTraits()
    )


def test_share_prior_without_sales_is_none() -> None:
    assert share_prior("ale", {"ale": LAGER}, {}) is None
    assert share_prior("ale", {"ale": LAGER}, {"gin": 0.0}) is None


def test_new_product_is_forecast_like_similar_products() -> None:
    traits = {name: ProductTraits("beer", 4.0) for name in ("lager", "ale")} | {"gin": ProductTraits("spirits", 9.0)}
    demand = DemandModel(traits=traits)
    for minute in range(120):
        demand.add_sale("lager", 4.0, BEGIN + timedelta(minutes=minute))
        demand.add_sale("gin", 1.0, BEGIN + timedelta(minutes=minute))
    demand.add_offered_products(["ale"])
    ale, lager, gin = (demand.forecast(name)[-1].mean for name in ("ale", "lager", "gin"))
    assert gin < ale < lager * 1.1
    assert abs(ale - lager) < abs(ale - gin)


def test_unsold_new_product_forecast_falls_soon() -> None:
    demand = DemandModel()
    for minute in range(600):
        demand.add_sale("lager", 4.0, BEGIN + timedelta(minutes=minute))
        if minute == 60:
            demand.add_offered_products(["ale"])
            assert demand.forecast("ale")[0].mean > 10
    assert demand.forecast("ale")[0].mean < 3


def test_new_bar_begins_like_neighbours_and_learns_its_size() -> None:
    bar_settings = BarSettings(id="new", products=[ProductSettings(id="beer"), ProductSettings(id="water")])
    rates = {"beer": 120.0, "water": 60.0}
    bar, forecast = BarState("new", bar_settings, "Europe/Madrid"), None
    for number in range(46):
        time = BEGIN + timedelta(minutes=2 * number)
        ticket = Ticket(
            id=f"t{number}", bar="new", till="1", time=time, lines=(SaleLine(product="beer", quantity=1.0),)
        )
        forecast = bar.apply_ticket(ticket, number, f"e{number}", StaticContext(rates=rates))
        if number == 0:
            assert forecast is not None
            beer, water = (product.horizons[-1].mean for product in forecast.products)
            assert 90 < beer < 150
            assert 45 < water < 75
    assert forecast is not None
    assert 20 < forecast.products[0].horizons[-1].mean < 50, "it sells 30 an hour, whatever its neighbours sell"


def test_neighbour_rates_weigh_same_zone_and_leave_out_bar() -> None:
    rates = {"a": {"beer": 10.0}, "b": {"beer": 40.0}, "new": {"beer": 1000.0}}
    zones = {"a": "front", "b": "gate", "new": "front"}
    assert neighbour_rates("new", "front", rates, zones) == {"beer": 20.0}
    assert neighbour_rates("new", None, rates, zones) == {"beer": 25.0}
    assert neighbour_rates("a", "front", {}, zones) == {}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["takeaway_orders_until_2018_11.csv", "bike_share_hourly.csv"])
def test_priors_improve_the_first_hours(shared_data: Path, name: str) -> None:
    report = evaluate(shared_data / "demand" / name)
    for kind in ("new_products", "new_bars"):
        for hours, errors in (report[kind] or {}).items():
            assert errors["kin"]["pinball"] < 0.95 * errors["alone"]["pinball"], (kind, hours)
            assert errors["kin"]["rmse"] < 0.95 * errors["alone"]["rmse"], (kind, hours)
