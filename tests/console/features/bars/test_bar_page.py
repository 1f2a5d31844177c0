"""A bar's page on a phone: products to fetch, and reports that are sent once on any network."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from playwright.sync_api import Page, expect

from schemas.bars import STOCK, StockMovement
from stream.runtime.topic_reader import read_all
from tests.console.conftest import ConsoleStack, OpenPage, api_client, wait_until

pytestmark = pytest.mark.stack
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def movements(console_stack: ConsoleStack, kind: str) -> list[StockMovement]:
    records = [
        msgspec.json.decode(record.value(), type=StockMovement)
        for record in read_all(console_stack.stack.settings, STOCK.name)
    ]
    return [record for record in records if record.kind == kind]


def fits_screen_width(page: Page) -> bool:
    """Return true if nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_products_to_fetch_are_on_top_of_a_phone(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    expect(page.locator("#fetch strong")).to_have_text("120 Cerveza")
    expect(page.locator("#fetch .when")).to_contain_text("within 25 min")
    expect(page.locator("#age")).to_contain_text("Data from")
    assert fits_screen_width(page)
    assert page.locator("#fetch button").first.bounding_box()["height"] >= 44, "large enough for a thumb"
    box = page.locator("#fetch strong").bounding_box()
    assert box["y"] < 740


def test_in_transit_report_becomes_one_movement(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    page.locator("#fetch button", has_text="On its way").tap()
    expect(page.locator("#presses span")).to_have_text("Sent: On its way: 120 Cerveza")
    (one,) = wait_until(lambda: movements(console_stack, "on-its-way"))
    assert (one.bar, one.product, one.quantity, one.by) == ("north", "beer", 120, "bea")


def test_report_without_network_is_sent_once_later(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    expect(page.locator("#fetch strong")).to_be_visible()
    page.context.set_offline(True)
    field = page.get_by_label("Counted units of Agua")
    field.fill("77")
    page.locator("#products li", has=field).get_by_role("button", name="We counted").tap()
    expect(page.locator("#presses .waiting")).to_contain_text("We counted: 77 Agua")
    assert not [one for one in movements(console_stack, "count") if one.quantity == 77]
    page.context.set_offline(False)
    expect(page.locator("#presses .sent")).to_contain_text("We counted: 77 Agua")
    assert len([one for one in wait_until(lambda: movements(console_stack, "count")) if one.quantity == 77]) == 1
    page.reload()
    expect(page.locator("#fetch strong")).to_be_visible()
    page.wait_for_timeout(500)
    assert len([one for one in movements(console_stack, "count") if one.quantity == 77]) == 1, (
        "not repeated after a reload"
    )


def test_invalid_stock_report_is_refused(console_stack: ConsoleStack) -> None:
    with api_client(console_stack, "bea") as (client, csrf):
        client.headers["X-Pulso-CSRF"] = csrf
        good = {"id": uuid.uuid4().hex, "product": "cola", "kind": "delivery", "quantity": 24}
        assert [client.post("/api/bar/north/stock", json=good).status_code for _ in range(3)] == [202, 200, 200]
        assert len([one for one in movements(console_stack, "delivery") if one.product == "cola"]) == 1
        for change, status in (
            ({"product": "moon"}, 422),
            ({"quantity": -1}, 422),
            ({"kind": "explode"}, 422),
            ({"other": "north"}, 422),
            ({"kind": "transfer"}, 422),
            ({"kind": "transfer", "other": "moon"}, 422),
            ({"kind": "count", "ago": 4000}, 410),
        ):
            response = client.post("/api/bar/north/stock", json=good | {"id": uuid.uuid4().hex} | change)
            assert response.status_code == status, (change, response.text)
        assert client.post("/api/bar/south/stock", json=good).status_code == 403


def test_waste_and_transfer_are_reported(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    item = page.locator("#products li", has=page.get_by_label("Counted units of Cerveza"))
    item.locator("summary").tap()
    item.locator("[data-press=waste]").tap()
    expect(page.locator("#presses li")).to_have_count(0)
    for kind, quantity, message in (
        ("waste", "7", "Lost: 7 Cerveza"),
        ("transfer", "24", "Given to: 24 Cerveza → south"),
    ):
        page.get_by_label("Counted units of Cerveza").fill(quantity)
        item.locator(f"[data-press={kind}]").tap()
        expect(page.locator("#presses .sent")).to_contain_text(message)
    (waste,) = wait_until(lambda: movements(console_stack, "waste"))
    assert (waste.bar, waste.product, waste.quantity, waste.by) == ("north", "beer", 7, "bea")
    (transfer,) = wait_until(lambda: movements(console_stack, "transfer"))
    assert (transfer.quantity, transfer.other) == (24, "south")
    assert fits_screen_width(page)


def test_bar_page_without_network_shows_last_data_and_age(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    expect(page.locator("html")).to_have_attribute("data-kept", "yes")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#fetch strong")).to_have_text("120 Cerveza")
    expect(page.locator("#age")).to_contain_text("Data from")
    expect(page.locator("#age")).to_have_class("bad")
    field = page.get_by_label("Counted units of Agua")
    field.fill("55")
    page.locator("#products li", has=field).get_by_role("button", name="We counted").tap()
    expect(page.locator("#presses .waiting")).to_contain_text("We counted: 55 Agua")
    page.reload()
    expect(page.locator("#presses .waiting")).to_contain_text("We counted: 55 Agua")
    page.context.set_offline(False)
    expect(page.locator("#presses .sent")).to_contain_text("We counted: 55 Agua")
    page.reload()
    expect(page.locator("#age")).to_contain_text("Data from")
    assert len([one for one in movements(console_stack, "count") if one.quantity == 55]) == 1


def test_page_of_earlier_login_reloads_and_keeps_reports(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    expect(page.locator("#connection")).to_have_class("live")
    with api_client(console_stack, "bea") as (client, _):
        newer_session = client.cookies["pulso_session"]
    cookie = next(one for one in page.context.cookies() if one["name"] == "pulso_session")
    page.context.add_cookies([{**cookie, "value": newer_session}])
    field = page.get_by_label("Counted units of Agua")
    field.fill("66")
    page.locator("#products li", has=field).get_by_role("button", name="We counted").tap()
    expect(page.locator("#presses .sent")).to_contain_text("We counted: 66 Agua", timeout=15_000)
    assert len([one for one in movements(console_stack, "count") if one.quantity == 66]) == 1


def test_logout_removes_kept_bar_pages(open_page: OpenPage) -> None:
    page = open_page("bea", "/bar/north", **PHONE)
    expect(page.locator("html")).to_have_attribute("data-kept", "yes")
    cached_page_count = "async () => (await (await caches.open('pulso-bar-pages')).keys()).length"
    assert page.evaluate(cached_page_count) == 1
    page.locator('form[action="/logout"] button').tap()
    page.wait_for_url("**/login")
    assert page.evaluate(cached_page_count) == 0
