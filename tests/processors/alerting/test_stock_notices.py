"""What bar staff read: what, how much, from where, by when, what else on the same trip, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime

from processors.alerting.alarm import Alarm, observe
from processors.alerting.rules import Watch
from schemas.results import DemandForecast, ProductDemand
from schemas.venue import Bar, Product, Venue

AT = datetime(2026, 7, 4, 19, 10, tzinfo=UTC)
VENUE = Venue(
    name="Test",
    bars=[
        Bar(
            id="north",
            products=[Product(id="beer", title="Cerveza", opening_stock=200, package=120), Product(id="water")],
        )
    ],
)


def forecast(*products: ProductDemand, event: str = "e1") -> DemandForecast:
    return DemandForecast(event_id=event, bar="north", time=AT, tickets=9, products=products, model="m")


BEER = ProductDemand(
    product="beer", sold=165, stock=35, run_out_probability=0.8, fetch=240, fetch_from="store",
    fetch_by=datetime(2026, 7, 4, 19, 40, tzinfo=UTC),
)  # fmt: skip
WATER = ProductDemand(
    product="water", sold=9, stock=60, run_out_probability=0.05, fetch=40, fetch_from="store", along=True
)
OTHER = ProductDemand(product="cola", sold=9, stock=60, run_out_probability=0.9, fetch=12, fetch_from="south")


def texts(*products: ProductDemand) -> dict[str, dict[str, str]]:
    return {o.key: o.text for o in Watch(VENUE).observations(forecast(*products)) if o.rule == "stock-out"}


def test_a_notice_says_what_how_much_from_where_by_when_and_what_goes_along() -> None:
    told = texts(BEER, WATER, OTHER)["stock-out/north/beer"]
    assert told["es"] == (
        "Barra north: traer 240 (2 × 120) de Cerveza del almacén antes de las 21:40 (quedan 35)."
        " En el mismo viaje: 40 de water."
    )
    assert told["en"] == (
        "Bar north: fetch 240 (2 × 120) Cerveza from the store by 21:40 (35 left). On the same trip: 40 water."
    )
    assert "from bar south" in texts(BEER, WATER, OTHER)["stock-out/north/cola"]["en"]


def test_what_only_goes_along_raises_no_notice_of_its_own() -> None:
    values = {o.subject: o.value for o in Watch(VENUE).observations(forecast(BEER, WATER)) if o.rule == "stock-out"}
    assert values == {"north/beer": 0.8, "north/water": 0.05}
    likely = ProductDemand(product="water", sold=9, stock=6, run_out_probability=0.6)
    values = {o.subject: o.value for o in Watch(VENUE).observations(forecast(likely)) if o.rule == "stock-out"}
    assert VENUE.rules["stock-out"].clear_at < values["north/water"] < VENUE.rules["stock-out"].raise_at


def test_a_notice_goes_when_somebody_is_on_the_way_and_says_so() -> None:
    rule = VENUE.rules["stock-out"]
    raised, *_ = Watch(VENUE).observations(forecast(BEER))
    alarm, step = observe(Alarm(), raised, rule)
    assert step is not None
    assert step.state == "raised"
    fetched = ProductDemand(product="beer", sold=165, stock=35, run_out_probability=0.01, coming=240)
    for minute in (1, 2, 3):
        later = DemandForecast(
            event_id=f"l{minute}", bar="north", time=AT.replace(minute=10 + minute), tickets=9, products=(fetched,),
            model="m",
        )  # fmt: skip
        observation, *_ = Watch(VENUE).observations(later)
        alarm, step = observe(alarm, observation, rule)
        if step is not None:
            break
    assert step is not None
    assert (step.state, step.text["en"]) == (
        "resolved", "Bar north: no need to fetch Cerveza any more (35 left, 240 on their way).",
    )  # fmt: skip


def test_an_oversold_product_asks_for_a_count() -> None:
    sold_out = ProductDemand(product="beer", sold=203, stock=0, run_out_probability=1.0, oversold=3)
    found = {o.rule: o for o in Watch(VENUE).observations(forecast(sold_out))}
    assert found["stock-count"].value == 1.0
    assert found["stock-count"].text["es"] == "Barra north: contar Cerveza, se vendieron 3 más de las que constaban."
    found = {o.rule: o for o in Watch(VENUE).observations(forecast(BEER))}
    assert found["stock-count"].value == 0.0
