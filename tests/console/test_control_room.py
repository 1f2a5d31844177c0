"""The control room in real browsers: live, worst first, acted upon, and right after a cut."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Enter, Festival, wait

pytestmark = pytest.mark.stack


def keys(page) -> list[str]:
    return page.eval_on_selector_all("#alerts > li", "items => items.map(item => item.dataset.key)")


def row(page, key: str):
    return page.locator(f'#alerts > li[data-key="{key}"]')


def test_an_alert_comes_by_itself_worst_first(festival: Festival, enter: Enter) -> None:
    low = festival.raised("stage-silent", "forest", 1, "Escenario sin sonido", "Stage without sound")
    page = enter("ada")
    expect(row(page, low.key)).to_be_visible()
    page.evaluate("document.addEventListener('alarm', () => { window.alarms = (window.alarms ?? 0) + 1 })")
    worst = festival.raised("violence", "front-left", 0.97, "Posible pelea", "Possible fight")
    expect(row(page, worst.key).locator(".what")).to_have_text("Possible fight")
    assert keys(page).index(worst.key) < keys(page).index(low.key)
    expect(row(page, worst.key).locator(".sure")).to_have_text("97 %")
    assert page.evaluate("window.alarms") == 1
    assert "▲ Possible fight" in page.title()


def test_two_browsers_see_one_acknowledgement_within_a_second(festival: Festival, enter: Enter) -> None:
    alert = festival.raised("violence", "bar-square", 0.95, "Otra pelea", "Another fight")
    first, second = enter("sara"), enter("sol", locale="es-ES")
    expect(row(second, alert.key).locator(".what")).to_have_text("Otra pelea")
    row(first, alert.key).locator("button").click()
    # Both wait for the row to change before the key is pressed, and note when it does.
    watch = """key => { const taken = document.querySelector(`#alerts > li[data-key="${key}"] .taken`);
        new MutationObserver(() => { window.seenAt ??= Date.now() })
            .observe(taken, {childList: true, characterData: true, subtree: true}); }"""
    for page in (first, second):
        page.evaluate(watch, alert.key)
    first.evaluate("window.pressedAt = Date.now()")
    first.keyboard.press("a")
    for page in (first, second):
        expect(row(page, alert.key).locator(".taken")).to_have_text("✓ sara")
    expect(first.locator("#told")).to_have_text("Done: Acknowledge")
    pressed = first.evaluate("window.pressedAt")
    print("seen after", [page.evaluate("window.seenAt") - pressed for page in (first, second)], "ms")
    assert wait(lambda: festival.open(alert.key)).acknowledged_by == "sara"
