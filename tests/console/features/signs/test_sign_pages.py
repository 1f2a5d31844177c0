"""The page of a sign through a cut, and the page of all signs, in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.conftest import watched_pages
from tests.console.features.signs.conftest import TOKEN, SignsConsole
from tests.console.features.signs.test_sign_endpoints import set_text
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack
MINUTE_MS = 60_000
KIOSK = f"/sign/arch#{TOKEN}"
OVERFLOW = """() => {
    const one = document.getElementById("sign");
    return Math.max(one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight);
}"""
Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, signs_console: SignsConsole) -> Iterator[Open]:
    """Return a function that opens a page in a browser of its own; errors of scripts and policy fail the test."""
    with watched_pages(chromium, signs_console.url) as (new_page, _):

        def open_(path: str, **options: Any) -> Page:
            page = new_page(**options)
            page.clock.install()
            page.goto(path)
            return page

        yield open_


def test_cut_sign_keeps_the_last_text_until_its_end_and_then_the_default(
    signs_console: SignsConsole, open_page: Open
) -> None:
    page = open_page(KIOSK)
    text = page.locator("#text-en")
    expect(text).to_have_text("Welcome")
    expect(page.locator("html")).to_have_attribute("data-kept", "yes")
    set_text(signs_console.client())
    expect(text).to_have_text("To the left")
    expect(page.locator("#text-es")).to_have_text("Por la izquierda")
    expect(page.locator("#arrow")).to_have_attribute("aria-label", re.compile("Left|Izquierda"))
    page.context.set_offline(True)
    page.clock.fast_forward(10 * MINUTE_MS)
    expect(page.locator("#cut")).to_be_visible()
    expect(text).to_have_text("To the left")
    page.reload()  # as after a power cut: the service worker and the kept text are all there is
    expect(text).to_have_text("To the left")
    page.clock.fast_forward(6 * MINUTE_MS)
    expect(text).to_have_text("Welcome")
    expect(page.locator("#arrow")).to_be_hidden()


def test_evacuation_beats_a_crowd_text_that_returns_when_it_is_withdrawn(
    signs_console: SignsConsole, open_page: Open
) -> None:
    page, client = open_page(KIOSK), signs_console.client()
    set_text(client, 1)
    expect(page.locator("body")).to_have_class("page-sign crowd")
    evacuation = set_text(client, 2, es="Salgan por aquí", en="Leave this way", priority="evacuate").json()["command"]
    expect(page.locator("#text-en")).to_have_text("Leave this way")
    set_text(client, 3, es="Otra", en="Another")
    client.post("/api/signs/withdraw", json={"id": "request-4", "command": evacuation})
    expect(page.locator("#text-en")).to_have_text("Another")
    assert {state.shown for state in signs_console.states()} >= {evacuation}


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (320, 240)], ids=str)
def test_longest_text_fits_and_has_no_serious_accessibility_problem(
    signs_console: SignsConsole, open_page: Open, size: tuple[int, int]
) -> None:
    page = open_page(KIOSK, viewport={"width": size[0], "height": size[1]})
    assert serious_violations(page) == []
    long = (
        "No empujen y vayan despacio hacia la salida oeste siguiendo las luces verdes del suelo: gracias a todos. Ánimo"
    )
    for number, priority in enumerate(("crowd", "evacuate")):
        set_text(signs_console.client(), number, es=long, en=long, priority=priority)
        expect(page.locator("body")).to_have_class(f"page-sign {priority}")
        assert serious_violations(page) == []
    assert page.evaluate(OVERFLOW) <= 0


def test_security_sets_approves_and_withdraws_on_the_page_of_signs(
    signs_console: SignsConsole, open_page: Open
) -> None:
    page = open_page("/signs", locale="en-GB")
    arch = page.locator("#signs > li").first
    expect(arch.locator(".display")).to_have_text("The display has never been heard of.")
    expect(arch.locator(".panel .en")).to_have_text("Welcome")
    assert serious_violations(page) == []
    arch.get_by_role("button", name="Set a text").click()
    dialog = page.locator("dialog")
    assert serious_violations(page) == []
    dialog.get_by_label("Text in Spanish").fill("Puerta cerrada")
    dialog.get_by_label("Text in English").fill("Gate closed")
    dialog.get_by_label("Arrow").select_option("left")
    dialog.get_by_label("Priority").select_option("crowd")
    dialog.get_by_label("Propose only").check()
    dialog.get_by_role("button", name="Set").click()
    expect(dialog).to_be_hidden()
    expect(arch.locator(".commands .whose")).to_contain_text("Proposed: Crowd")
    expect(arch.locator(".panel .en")).to_have_text("Welcome")
    arch.get_by_role("button", name="Approve").click()
    expect(arch.locator(".panel .en")).to_have_text("Gate closed")
    expect(arch.locator(".why")).to_contain_text("Crowd, until")
    arch.get_by_role("button", name="Withdraw").click()
    expect(arch.locator(".panel .en")).to_have_text("Welcome")
    assert [command.status for command in signs_console.commands()] == ["proposed", "active", "withdrawn"]


def test_preview_shows_the_sign_and_says_nothing_for_it(signs_console: SignsConsole, open_page: Open) -> None:
    set_text(signs_console.client())
    page = open_page(f"/sign/arch?preview#{TOKEN}")
    expect(page.locator("#text-en")).to_have_text("To the left")
    assert signs_console.states() == []
