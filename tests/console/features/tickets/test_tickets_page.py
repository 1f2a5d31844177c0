"""Ticket sales and prices in a browser: production reads and decides, everybody sees prices."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from processors.tickets.curves import BookingCurve
from processors.tickets.sales import DaySales, EventState, Forecaster, SoldType, sales_of
from schemas.tickets import (
    TICKET_ACTIONS,
    TICKET_FORECASTS,
    TICKET_PRICES,
    PriceProposal,
    PriceStep,
    SaleEventSettings,
    TicketMark,
    TicketPrice,
    TicketTypeSettings,
    TypeSales,
)
from stream.runtime.topic_reader import read_all
from tests.console.conftest import ConsoleStack, OpenPage
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
EVENT = (NOW + timedelta(days=70)).date()
TYPES = [TicketTypeSettings(id="day", title="Day", capacity=11_000), TicketTypeSettings(id="camping")]
SETTINGS = SaleEventSettings(id="summer", title="Summer", date=EVENT, on_sale=NOW - timedelta(days=80), types=TYPES)


def past_events(random: np.random.Generator) -> tuple[BookingCurve, ...]:
    """Return 25 past events that sold fast at first and at the end."""
    days = np.arange(0, 151, 3)
    share = 1 - 0.25 * (days / 150) - 0.45 * (days > 0) * (1 - np.exp(-days / 25)) - 0.3 * np.exp((days - 150) / 20)
    finals = random.normal(7000, 700, 25).tolist()
    return tuple(
        BookingCurve(
            f"e{n}", "day", tuple(days.tolist()), tuple((final * share).round(1).tolist()), final,
            date(2024, 1, 1) + timedelta(days=9 * n),
        )
        for n, final in enumerate(finals)
    )  # fmt: skip


def made_sales() -> TypeSales:
    """Return the sales of a type, with a forecast and a mark."""
    random = np.random.default_rng(5)
    sold = SoldType(refunded=31)
    for number in range(81):
        mean = 260 * np.exp(-number / 5) + (34 if number < 50 or number > 54 else 90)
        quantity = int(random.poisson(mean))
        sold.days[(NOW - timedelta(days=80 - number)).date()] = DaySales(quantity, quantity * 4500)
    mark = TicketMark(id="m1", kind="announcement", day=(NOW - timedelta(days=30)).date(), text="Headliner")
    state = EventState(now=NOW, types={"day": sold}, marks=[mark])
    return sales_of(state, SETTINGS, TYPES[0], Forecaster(past_events(random)), ZoneInfo("Europe/Madrid"), "s1")


@pytest.fixture
def with_sales(console_stack: ConsoleStack) -> None:
    day = made_sales()
    camping = TypeSales(
        event_id="s2", event="summer", type="camping", time=NOW, date=EVENT, days_before=70, sold=212, refunded=0,
        revenue_cents=0, currency="EUR", lacking="no_history", marks=day.marks,
    )  # fmt: skip
    price = TicketPrice(
        event_id="p1", event="summer", type="day", time=NOW, currency="EUR",
        steps=(
            PriceStep(begin=NOW - timedelta(days=80), cents=4500, reason="start"),
            PriceStep(begin=NOW - timedelta(days=20), cents=5000, reason="more_demand"),
        ),
        proposal=PriceProposal(
            id="proposal-1", time=NOW, cents=5500, reason="more_demand", expected_final=9800, gain_cents=1_250_000
        ),
    )  # fmt: skip
    console_stack.send_result(TICKET_FORECASTS, "summer/day", day, "s1")
    console_stack.send_result(TICKET_FORECASTS, "summer/camping", camping, "s2")
    console_stack.send_result(TICKET_PRICES, "summer/day", price, "p1")


def keep_picture(page: Page, name: str) -> None:
    """Save a picture of the page where the environment names a folder for the pictures of the documentation."""
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.usefixtures("with_sales")
def test_production_reads_the_forecast_and_approves_a_price(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("pau", "/tickets")
    day, camping = page.locator(".types > li").nth(1), page.locator(".types > li").nth(0)
    expect(day.locator(".final dd")).to_contain_text("(90 %), by 25 past events")
    expect(camping.locator(".lacking")).to_contain_text("fewer than three past events")
    expect(camping.locator(".final")).to_be_hidden()
    expect(page.locator(".marks li")).to_contain_text("Headliner")
    slider, output = day.locator(".reading input"), day.locator(".reading output")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(output).to_contain_text("expected")
    page.keyboard.press("Home")
    expect(output).to_contain_text("sold")
    box = day.locator("svg.chart").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 50)
    expect(output).to_contain_text("expected")
    day.locator(".what-if input").fill("100000")
    expect(day.locator(".what-if output")).to_contain_text("chance to sell out 3%")
    assert serious_violations(page) == []
    keep_picture(page, "tickets-en")
    day.get_by_role("button", name="Approve and announce").click()
    expect(page.locator("#answer")).to_contain_text("Approved")
    actions = [action for action in sent_actions(console_stack) if b'"approve"' in action]
    assert b'"proposal":"proposal-1"' in actions[-1]
    (_, entry), *_ = console_stack.redis.xrevrange("pulso:audit", count=1)
    assert (entry[b"who"], entry[b"what"], entry[b"subject"]) == (b"pau", b"ticket-price-approve", b"summer/day")


def sent_actions(console_stack: ConsoleStack) -> list[bytes]:
    """Return the records of the topic of actions."""
    return [message.value() or b"" for message in read_all(console_stack.stack.settings, TICKET_ACTIONS.name)]


@pytest.mark.usefixtures("with_sales")
def test_mark_is_added_and_page_fits_on_a_phone_in_spanish(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("pau", "/tickets", locale="es-ES")
    expect(page.locator(".types > li .final dt").last).to_have_text("Previstas al final")
    keep_picture(page, "tickets-es")
    page.fill(".event input[name=day]", "2026-06-01")
    page.fill(".event input[name=text]", "Lluvia")
    page.select_option(".event select", "weather")
    page.get_by_role("button", name="Añadir marca").click()
    expect(page.locator("#answer")).to_have_text("Anotado.")
    assert any(b"Lluvia" in action for action in sent_actions(console_stack))
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"


@pytest.mark.usefixtures("with_sales")
def test_everybody_sees_prices_with_reason_and_lowest_price(open_page: OpenPage) -> None:
    page = open_page(None, "/prices", **PHONE)
    expect(page.locator("section")).to_contain_text("€50.00")
    expect(page.locator("section")).to_contain_text("More people want tickets than expected")
    expect(page.locator("section .lowest").first).to_contain_text("€45.00")
    assert "55.00" not in page.content(), "a proposal is not public"
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"
    keep_picture(page, "prices-en")
    page.click("a.language")
    expect(page.locator("h1")).to_have_text("Precios de las entradas")
    keep_picture(page, "prices-es")
