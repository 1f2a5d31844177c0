"""A bar's page on a phone: products to fetch, and reports that are sent once on any network."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from playwright.sync_api import Page, expect

from schemas.bars import STOCK, StockMovement
from stream.runtime.topic_reader import read_all
from tests.console.conftest import Enter, Festival, logged_in, wait

pytestmark = pytest.mark.stack
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def movements(festival: Festival, kind: str) -> list[StockMovement]:
    records = [
        msgspec.json.decode(one.value(), type=StockMovement) for one in read_all(festival.stack.settings, STOCK.name)
    ]
    return [record for record in records if record.kind == kind]


def fits(page: Page) -> bool:
    """Return true if nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_products_to_fetch_are_on_top_of_a_phone(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    expect(page.locator("#fetch strong")).to_have_text("120 Cerveza")
    expect(page.locator("#fetch .when")).to_contain_text("within 25 min")
    expect(page.locator("#age")).to_contain_text("Data from")
    assert fits(page)
    assert page.locator("#fetch button").first.bounding_box()["height"] >= 44, "a thumb's size"
    box = page.locator("#fetch strong").bounding_box()
    assert box["y"] < 740


def test_in_transit_report_becomes_one_movement(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    page.locator("#fetch button", has_text="On its way").tap()
    expect(page.locator("#presses span")).to_have_text("Sent: On its way: 120 Cerveza")
    (one,) = wait(lambda: movements(festival, "on-its-way"))
    assert (one.bar, one.product, one.quantity, one.by) == ("north", "beer", 120, "bea")


def test_report_without_network_is_sent_once_later(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    expect(page.locator("#fetch strong")).to_be_visible()
    page.context.set_offline(True)
    field = page.get_by_label("Counted units of Agua")
    field.fill("77")
    page.locator("#products li", has=field).get_by_role("button", name="We counted").tap()
    expect(page.locator("#presses .waiting")).to_contain_text("We counted: 77 Agua")
    assert not [one for one in movements(festival, "count") if one.quantity == 77]
    page.context.set_offline(False)
    expect(page.locator("#presses .sent")).to_contain_text("We counted: 77 Agua")
    assert len([one for one in wait(lambda: movements(festival, "count")) if one.quantity == 77]) == 1
    page.reload()
    expect(page.locator("#fetch strong")).to_be_visible()
    page.wait_for_timeout(500)
    assert len([one for one in movements(festival, "count") if one.quantity == 77]) == 1, "not again after a reload"


def test_invalid_stock_report_is_refused(festival: Festival) -> None:
    with logged_in(festival, "bea") as (client, csrf):
        client.headers["X-Pulso-CSRF"] = csrf
        good = {"id": uuid.uuid4().hex, "product": "cola", "kind": "delivery", "quantity": 24}
        assert [client.post("/api/bar/north/stock", json=good).status_code for _ in range(3)] == [202, 200, 200]
        assert len([one for one in movements(festival, "delivery") if one.product == "cola"]) == 1
        for change, status in (
            ({"product": "moon"}, 422),
            ({"quantity": -1}, 422),
            ({"kind": "explode"}, 422),
            ({"other": "north"}, 422),
            ({"kind": "transfer"}, 422),
            ({"kind": "transfer", "other": "moon"}, 422),
            ({"kind": "count", "ago": 4000}, 410),
        ):
            answer = client.post("/api/bar/north/stock", json=good | {"id": uuid.uuid4().hex} | change)
            assert answer.status_code == status, (change, answer.text)
        assert client.post("/api/bar/south/stock", json=good).status_code == 403


def test_waste_and_transfer_are_reported(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    item = page.locator("#products li", has=page.get_by_label("Counted units of Cerveza"))
    item.locator("summary").tap()
    item.locator("[data-press=waste]").tap()
    expect(page.locator("#presses li")).to_have_count(0)
    for kind, quantity, told in (("waste", "7", "Lost: 7 Cerveza"), ("transfer", "24", "Given to: 24 Cerveza → south")):
        page.get_by_label("Counted units of Cerveza").fill(quantity)
        item.locator(f"[data-press={kind}]").tap()
        expect(page.locator("#presses .sent")).to_contain_text(told)
    (lost,) = wait(lambda: movements(festival, "waste"))
    assert (lost.bar, lost.product, lost.quantity, lost.by) == ("north", "beer", 7, "bea")
    (given,) = wait(lambda: movements(festival, "transfer"))
    assert (given.quantity, given.other) == (24, "south")
    assert fits(page)


def test_bar_page_without_network_shows_last_data_and_age(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
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
    assert len([one for one in movements(festival, "count") if one.quantity == 55]) == 1


def test_page_of_earlier_login_reloads_and_keeps_reports(festival: Festival, enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    expect(page.locator("#connection")).to_have_class("live")
    with logged_in(festival, "bea") as (client, _):
        again = client.cookies["pulso_session"]
    cookie = next(one for one in page.context.cookies() if one["name"] == "pulso_session")
    page.context.add_cookies([{**cookie, "value": again}])
    field = page.get_by_label("Counted units of Agua")
    field.fill("66")
    page.locator("#products li", has=field).get_by_role("button", name="We counted").tap()
    expect(page.locator("#presses .sent")).to_contain_text("We counted: 66 Agua", timeout=15_000)
    assert len([one for one in movements(festival, "count") if one.quantity == 66]) == 1


def test_logout_removes_kept_bar_pages(enter: Enter) -> None:
    page = enter("bea", "/bar/north", **PHONE)
    expect(page.locator("html")).to_have_attribute("data-kept", "yes")
    kept = "async () => (await (await caches.open('pulso-bar-pages')).keys()).length"
    assert page.evaluate(kept) == 1
    page.locator('form[action="/logout"] button').tap()
    page.wait_for_url("**/login")
    assert page.evaluate(kept) == 0
