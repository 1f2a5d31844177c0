"""Bar rules: notices with amount, source, time and the rest of the trip; counts; notifications of changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from processors.alerts.alarm import AlarmState, apply_observation
from processors.alerts.notifications import notification_message, plan_notifications
from processors.bars import rules
from processors.bars.rules import STOCK_OUT, TILL_CLOCK
from schemas.alerts import Alert
from schemas.bars import BarSettings, DemandForecast, ProductDemand, ProductSettings, TillClock
from schemas.contacts import Contact
from schemas.venue import Venue
from stream.features import registry

AT = datetime(2026, 7, 4, 19, 10, tzinfo=UTC)
VENUE = Venue(
    name="Test",
    bars=[
        BarSettings(
            id="north",
            products=[
                ProductSettings(id="beer", title="Cerveza", opening_stock=200, package=120),
                ProductSettings(id="water"),
            ],
        )
    ],
)
EVALUATOR = registry.rule_evaluator(VENUE)


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
    return {o.key: o.text for o in EVALUATOR.observations(forecast(*products)) if o.rule == "stock-out"}


@pytest.mark.parametrize(
    ("seconds", "minutes", "english", "spanish"),
    [
        (3600, 60, "60 min ahead", "60 min adelantado"),
        (-1800, 30, "30 min behind", "30 min atrasado"),
        (0, 0, "right again", "vuelve a ir en hora"),
    ],
)
def test_till_with_wrong_clock_is_named(seconds: float, minutes: float, english: str, spanish: str) -> None:
    clock = TillClock(till="7", ahead_seconds=seconds, corrected=1)
    (measurement,) = TILL_CLOCK.measure(replace(forecast(), clocks=(clock,)), VENUE)
    assert (measurement.subject, measurement.value) == ("north/7", minutes)
    for language, words in (("en", english), ("es", spanish)):
        file = Path(rules.__file__).parent / f"messages.{language}.yaml"
        template = yaml.safe_load(file.read_text(encoding="utf-8"))["till-clock"][measurement.message.template]
        sentence = template.format(**measurement.message.parameters)
        assert words in sentence
        assert "north" in sentence
        assert " 7 " in sentence


def test_notice_has_amount_source_time_and_rest_of_the_trip() -> None:
    text = texts(BEER, WATER, OTHER)["stock-out/north/beer"]
    assert text["es"] == (
        "Barra north: traer 240 (2 × 120) de Cerveza del almacén antes de las 21:40 (quedan 35)."
        " En el mismo viaje: 40 de water."
    )
    assert text["en"] == (
        "Bar north: fetch 240 (2 × 120) Cerveza from the store by 21:40 (35 left). On the same trip: 40 water."
    )
    assert "from bar south" in texts(BEER, WATER, OTHER)["stock-out/north/cola"]["en"]


def test_product_that_only_goes_along_raises_no_notice() -> None:
    values = {o.subject: o.value for o in EVALUATOR.observations(forecast(BEER, WATER)) if o.rule == "stock-out"}
    assert values == {"north/beer": 0.8, "north/water": 0.05}
    likely = ProductDemand(product="water", sold=9, stock=6, run_out_probability=0.6)
    values = {o.subject: o.value for o in EVALUATOR.observations(forecast(likely)) if o.rule == "stock-out"}
    assert STOCK_OUT.settings(VENUE).clear_at < values["north/water"] < STOCK_OUT.settings(VENUE).raise_at


def test_notice_clears_when_the_product_is_in_transit() -> None:
    rule = STOCK_OUT.settings(VENUE)
    raised, *_ = EVALUATOR.observations(forecast(BEER))
    alarm, step = apply_observation(AlarmState(), raised, rule)
    assert step is not None
    assert step.state == "raised"
    fetched = ProductDemand(product="beer", sold=165, stock=35, run_out_probability=0.01, coming=240)
    for minute in (1, 2, 3):
        later = DemandForecast(
            event_id=f"l{minute}", bar="north", time=AT.replace(minute=10 + minute), tickets=9, products=(fetched,),
            model="m",
        )  # fmt: skip
        observation, *_ = EVALUATOR.observations(later)
        alarm, step = apply_observation(alarm, observation, rule)
        if step is not None:
            break
    assert step is not None
    assert (step.state, step.text["en"]) == (
        "resolved", "Bar north: no need to fetch Cerveza any more (35 left, 240 on their way).",
    )  # fmt: skip


def test_oversold_product_asks_for_a_count() -> None:
    sold_out = ProductDemand(product="beer", sold=203, stock=0, run_out_probability=1.0, oversold=3)
    alerts = {o.rule: o for o in EVALUATOR.observations(forecast(sold_out))}
    assert alerts["stock-count"].value == 1.0
    assert alerts["stock-count"].text["es"] == "Barra north: contar Cerveza, se vendieron 3 más de las que constaban."
    alerts = {o.rule: o for o in EVALUATOR.observations(forecast(BEER))}
    assert alerts["stock-count"].value == 0.0


def later(minute: int, fetch: float, source: str = "store", chance: float = 0.8) -> DemandForecast:
    product = replace(BEER, fetch=fetch, fetch_from=source, run_out_probability=chance)
    return replace(forecast(product, event=f"m{minute}"), time=AT + timedelta(minutes=minute))


def steps(*forecasts: DemandForecast) -> list[Alert]:
    rule, alarm, alerts = STOCK_OUT.settings(VENUE), AlarmState(), []
    for one in forecasts:
        observation = next(o for o in EVALUATOR.observations(one) if o.rule == "stock-out")
        alarm, step = apply_observation(alarm, observation, rule)
        if step is not None:
            alerts.append(step)
    return alerts


def test_notice_is_updated_when_amount_or_source_changes_much() -> None:
    alerts = steps(later(0, 120), later(20, 170), later(30, 240), later(50, 240, "south"), later(51, 240, "south"))
    assert [(one.state, one.amount, one.source, one.amount_before) for one in alerts] == [
        ("raised", 120, "store", None), ("updated", 240, "store", 120), ("updated", 240, "south", 240),
    ]  # fmt: skip
    assert "fetch 240" in alerts[1].text["en"]
    assert len({one.id for one in alerts}) == 1


def test_change_of_amount_waits_for_the_cool_down() -> None:
    alerts = steps(*(later(minute, 120 if minute % 2 else 240) for minute in range(11)))
    assert len(alerts) <= 1 + 10 * 60 / STOCK_OUT.settings(VENUE).cool_down_seconds


def test_contact_is_notified_once_of_each_change() -> None:
    bars = Contact(id="bars", audience=["bar"], at_least="low", escalate_to=["boss"])
    venue = Venue(name="Here", language="en", contacts=[bars, Contact(id="boss")])
    raised, changed, changed_again = steps(later(0, 120), later(20, 240), later(40, 480))
    assert [(one.contact, one.reason) for one in plan_notifications(raised, AT, venue)] == [
        ("bars", "raised"),
        ("boss", "nobody"),
    ]
    (one,) = plan_notifications(changed, AT, venue)
    (other,) = plan_notifications(changed_again, AT, venue)
    assert (one.contact, one.reason) == ("bars", "changed")
    assert one.id != other.id
    title, body = notification_message(one, venue.contacts[0], venue, registry.message_catalog(), None)
    assert title.endswith("CHANGED")
    assert "fetch 240" in body
    assert "Before: 120." in body
    rising = replace(changed, amount_before=None)
    assert plan_notifications(rising, AT, venue) == [], "a rising probability alone notifies nobody"
