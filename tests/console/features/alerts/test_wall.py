"""The wall in a real browser: big rows that take turns, no way to change anything, and a long session."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage, api_client
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack


def test_screen_shows_all_alerts_in_turns_and_changes_nothing(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.resolve_all()
    worst = console_stack.raise_alert("violence", "wall-worst", 0.9, "pelea", "wall fight")
    for number in range(6):
        console_stack.raise_alert("venue-capacity", f"wall-{number}", 0.99, "lleno", f"wall full {number}")
    page = open_page("screen", "/wall", viewport={"width": 1280, "height": 720})
    expect(page.locator(".top nav")).to_be_hidden()
    fight = page.locator(f'#wall > li[data-key="{worst.key}"]')
    expect(fight).to_be_visible()
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "nothing to scroll"
    first = page.locator("#turn").inner_text()
    expect(page.locator("#turn")).not_to_have_text(first)
    expect(fight).to_be_visible()
    for cookie in page.context.cookies():
        if cookie["name"] == "pulso_session":
            days = (cookie["expires"] - page.evaluate("Date.now() / 1000")) / 86_400
            assert 29 < days <= 30
    with console_stack.alert_actions("sara") as act:
        act(worst, "acknowledge")
    page.goto("/")
    assert page.url.endswith("/wall")
    with api_client(console_stack, "screen") as (client, csrf):
        body = {"id": "wall-acts", "key": worst.key, "alert": worst.id, "action": "resolve"}
        assert client.post("/api/alerts/act", headers={"X-Pulso-CSRF": csrf}, json=body).status_code == 403
        assert client.get("/cameras").status_code == 403
