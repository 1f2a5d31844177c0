"""Every page: accessibility, phones, languages and times."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.console.conftest import ConsoleStack, OpenPage

pytestmark = pytest.mark.stack
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PAGES = [
    (None, "/login", "#content"),
    ("sara", "/", "#alerts > li"),
    ("bea", "/bar/north", "#fetch li"),
    ("sue", "/support", "#mails li"),
    ("pau", "/music", "#stages li"),
    ("ada", "/history", ".lives > li"),
    ("sara", "/cameras", "#wall > li"),
    ("sara", "/handover", "#sign"),
    ("bea", "/", "#content"),
]


def wait_for_content(page: Page, selector: str) -> None:
    expect(page.locator(selector).first).to_be_visible()


def serious_violations(page: Page) -> list[str]:
    """Return the problems that axe rates as serious or worse."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(("name", "path", "selector"), PAGES, ids=str)
def test_page_has_no_serious_accessibility_problem(
    console_stack: ConsoleStack, open_page: OpenPage, name: str, path: str, selector: str
) -> None:
    console_stack.raise_alert(
        "violence", f"axe{abs(hash((name, path))) % 1000}", 0.9, "Posible pelea", "Possible fight"
    )
    page = open_page(name, path)
    wait_for_content(page, selector)
    if path == "/" and name == "sara":
        page.keyboard.press("j")
        expect(page.locator("#detail")).to_be_visible()
    assert serious_violations(page) == []


@pytest.mark.parametrize(("name", "path", "selector"), PAGES, ids=str)
def test_page_fits_on_a_phone(open_page: OpenPage, name: str, path: str, selector: str) -> None:
    page = open_page(name, path, **PHONE)
    wait_for_content(page, selector)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"


def test_language_is_the_browsers_or_the_chosen_one(open_page: OpenPage) -> None:
    page = open_page("sue", "/support", locale="es-ES")
    expect(page.locator("h1")).to_have_text("Lo que preguntan")
    assert page.locator("html").get_attribute("lang") == "es"
    page.click("a.language")
    expect(page.locator("h1")).to_have_text("What people ask")
    assert page.url.endswith("/support")


def test_times_are_in_the_venues_time_zone(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "clock", 0.9, "reloj", "clock")
    page = open_page("sara", timezone_id="Asia/Tokyo")
    from zoneinfo import ZoneInfo

    madrid = alert.raised_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%H:%M:%S")
    expect(page.locator(f'#alerts > li[data-key="{alert.key}"] .since')).to_have_text(madrid)
