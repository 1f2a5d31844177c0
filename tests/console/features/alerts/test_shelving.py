"""Shelving in a real browser: with the keyboard, with a reason, listed with the time left, and back by itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from schemas.ids import AlertKey
from tests.console.conftest import ConsoleStack, OpenPage, api_client, wait_until

pytestmark = pytest.mark.stack


def audit_of(console_stack: ConsoleStack, key: AlertKey) -> list[tuple[str, str]]:
    """Return who did what to an alert, oldest first."""
    entries: Any = console_stack.redis.xrange("pulso:audit")
    return [(one[b"who"].decode(), one[b"what"].decode()) for _, one in entries if one[b"subject"].decode() == key]


def test_alert_is_shelved_with_the_keyboard_and_comes_back(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "shelf", 0.9, "estante", "put aside")
    page = open_page("sara", "/?q=violence/shelf")
    row = page.locator(f'#alerts > li[data-key="{alert.key}"] .row')
    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(page.locator("#told")).to_have_text("Write in the comment why it is set aside.")
    page.keyboard.type("Lens is being cleaned")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(row.locator(".where")).to_have_text("Shelved, 15 min left · sara: Lens is being cleaned")
    expect(page.locator("#number")).to_contain_text("· 1 shelved")
    page.reload()
    expect(row).to_have_class("row critical shelved")
    page.keyboard.press("j")
    page.evaluate("document.addEventListener('alarm', () => { window.alarms = (window.alarms ?? 0) + 1 })")
    body = {"key": alert.key, "alert": alert.id, "action": "shelve", "note": "a moment more"}
    with api_client(console_stack, "sol") as (client, csrf):
        for minutes, status in ((31, 422), (0.02, 202)):
            answer = client.post(
                "/api/alerts/act", headers={"X-Pulso-CSRF": csrf},
                json={**body, "id": f"shelve-{minutes}".replace(".", "-"), "minutes": minutes},
            )  # fmt: skip
            assert answer.status_code == status, answer.text
    expect(page.locator("#steps")).to_contain_text("Back from the shelf pulso")
    expect(row).to_have_class("row critical fresh")
    assert page.evaluate("window.alarms") == 1, "it does not come back silently"
    assert wait_until(lambda: console_stack.open_alert(alert.key)).shelved_until is None
    assert wait_until(lambda: len(done := audit_of(console_stack, alert.key)) == 3 and done) == [
        ("sara", "alert-shelve"), ("sol", "alert-shelve"), ("pulso", "alert-unshelve"),
    ]  # fmt: skip


def test_alert_of_danger_to_life_has_no_shelf(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("mail-urgent", "shelf-mail", 1, "aplastados", "we are being crushed")
    page = open_page("sara", "/?q=shelf-mail")
    page.keyboard.press("j")
    expect(page.locator("#detail-title")).to_have_text("we are being crushed")
    expect(page.locator("#shelving")).to_be_hidden()
    page.keyboard.press("h")
    expect(page.locator("#told")).to_contain_text("danger to life")
    body = {"id": "shelve-mail", "key": alert.key, "alert": alert.id, "action": "shelve", "note": "no", "minutes": 5}
    with api_client(console_stack, "sara") as (client, csrf):
        answer = client.post("/api/alerts/act", headers={"X-Pulso-CSRF": csrf}, json=body)
    assert answer.status_code == 422 and "danger to life" in answer.text
