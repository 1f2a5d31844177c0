"""Revenue that each price would bring, for production; people expected at the next event, for bars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from console.features.tickets.people_view import ExpectedPeopleView
from console.services import ConsoleServices
from processors.tickets.prices import price_options
from schemas.tickets import (
    TICKET_FORECASTS,
    TICKET_PRICES,
    GateCount,
    PriceSettings,
    PriceStep,
    TicketPrice,
    TypeSales,
)
from schemas.venue import Venue
from stream.features import registry
from tests.console.conftest import OpenPage, console_of, console_without_kafka, watched_pages
from tests.console.test_pages import PHONE, serious_violations

NOW = datetime.now(UTC)
TODAY = NOW.date()
EVENT = TODAY + timedelta(days=30)
LIMITS = {
    "ladder_cents": [4000, 4500, 5000, 6000], "start_cents": 4500, "floor_cents": 4000, "ceiling_cents": 6000,
    "largest_step_cents": 1000, "elasticity": 2.0,
}  # fmt: skip
FIELDS = {
    "name": "Feria",
    "bars": [{"id": "north", "products": [{"id": "beer", "opening_stock": 100}]}],
    "tickets": {
        "events": [
            {"id": "autumn", "title": "Otoño", "date": EVENT.isoformat(), "on_sale": "2026-01-01T10:00:00+00:00",
             "types": [{"id": "day", "capacity": 1000, "prices": LIMITS}]},
            {"id": "spring", "title": "Primavera", "date": (TODAY - timedelta(days=90)).isoformat(),
             "on_sale": "2025-10-01T10:00:00+00:00", "types": [{"id": "day"}]},
        ]
    },
}  # fmt: skip
GATES = GateCount(event="spring", sold=900, entered=850, peak=600)


def sales(event: str = "autumn", kind: str = "day", day: date = EVENT, **fields: Any) -> TypeSales:
    return TypeSales(
        event_id=f"{event}/{kind}", event=event, type=kind, time=NOW, date=day, days_before=(day - TODAY).days,
        sold=400, refunded=0, revenue_cents=1_800_000, currency="EUR", capacity=1000,
        **{"demand": (600.0, 800.0, 1300.0), "gates": GATES, "expected_peak": 520.0} | fields,
    )  # fmt: skip


def prices() -> TicketPrice:
    step = PriceStep(begin=NOW - timedelta(days=20), cents=4500, reason="start")
    return TicketPrice(event_id="p", event="autumn", type="day", time=NOW, currency="EUR", steps=(step,))


def venue() -> Venue:
    return registry.full_venue_type().model_validate(FIELDS)


def test_options_follow_from_demand_elasticity_and_the_tickets_that_are_left() -> None:
    limits = PriceSettings.model_validate(LIMITS)
    end = NOW + timedelta(days=30)
    options = price_options(limits, prices().steps, 400, (600.0, 800.0, 1300.0), 1000, NOW, end)
    by_cents = {one.cents: one for one in options}
    # 200, 400 and 900 would come at the present price; 600 tickets are left.
    assert by_cents[4500].expected_final == 800 and by_cents[4500].revenue_cents == 400 * 4500
    # At 60 euros demand is (60 / 45) ** -2 = 0.5625 of it: 112.5, 225 and 506.25.
    assert by_cents[6000].expected_final == pytest.approx(400 + 281.2, abs=0.1)
    assert by_cents[6000].problem is not None and "larger than 1000" in by_cents[6000].problem
    assert by_cents[5000].problem is None and by_cents[4500].problem is None
    assert price_options(limits, prices().steps, 400, (), 1000, NOW, end) == []


def test_bars_see_the_people_of_the_next_event_when_all_of_it_is_known() -> None:
    view = ExpectedPeopleView(venue())
    assert view.state() == {"people": None}
    view.apply(sales(), 0)
    view.apply(sales(event="spring", day=TODAY - timedelta(days=90)), 0)
    assert view.expected(TODAY) == {
        "title": "Otoño", "date": EVENT.isoformat(), "persons": 520, "last_event": "Primavera", "last_persons": 600,
    }  # fmt: skip
    view.apply(sales(kind="camping", expected_peak=80.4), 0)
    people = view.expected(TODAY)
    assert people is not None and people["persons"] == 600
    view.apply(sales(kind="camping", expected_peak=None), 0)
    assert view.expected(TODAY) is None, "a part is not known"
    assert view.expected(EVENT + timedelta(days=1)) is None, "it is over"


@pytest.fixture
def open_page(chromium: Browser, redis_url: str, tmp_path: Path) -> Iterator[OpenPage]:
    """Return a function that opens a page of a console that has sales and prices."""
    app = console_without_kafka(FIELDS, tmp_path, redis_url)
    services: ConsoleServices = app.state.console
    for topic, record in ((TICKET_FORECASTS, sales()), (TICKET_PRICES, prices())):
        services.results.apply(topic.name, msgspec.json.encode(record), round(NOW.timestamp() * 1000))
    with console_of(app) as url, watched_pages(chromium, url) as (new_page, _):

        def open_(path: str, **options: Any) -> Page:
            page = new_page(**options)
            page.goto(path)
            return page

        yield open_


@pytest.mark.stack
def test_production_reads_what_each_price_would_bring(open_page: OpenPage) -> None:
    page = open_page("/tickets", locale="en-GB")
    page.locator(".options:not([hidden]) summary").click()
    rows = page.locator(".options:not([hidden]) tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("€18,000.00")
    expect(rows.nth(1)).to_contain_text("present price")
    expect(rows.nth(3)).to_contain_text("larger than 1000")
    assert serious_violations(page) == []


@pytest.mark.stack
def test_bar_reads_how_many_people_to_expect(open_page: OpenPage) -> None:
    page = open_page("/bar/north", locale="es-ES", **PHONE)
    line = page.locator("#expected-people")
    expect(line).to_contain_text("se esperan 520 personas a la vez. En Primavera hubo 600.")
    expect(line).to_contain_text("× 0,9")
    assert serious_violations(page) == []
