"""Verdicts on alerts that have ended, given on the history page."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from schemas.alerts import Alert
from stream.features.alerts.precision import read_labels
from tests.console.conftest import ConsoleStack, OpenPage, api_client, wait_until

pytestmark = pytest.mark.stack


def ended_alert(console_stack: ConsoleStack, subject: str) -> Alert:
    """Raise and resolve an alert."""
    alert = console_stack.raise_alert("violence", subject, 0.9, f"pelea {subject}", f"fight {subject}")
    with console_stack.alert_actions("sara") as act:
        act(alert, "resolve")
    wait_until(lambda: console_stack.open_alert(alert.key) is None)
    return alert


def test_verdict_after_the_end_appears_in_two_browsers(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = ended_alert(console_stack, "judged-late")
    first, second = (
        open_page("sara", "/history?q=judged-late"),
        open_page("sol", "/history?q=judged-late", locale="es-ES"),
    )
    for page in (first, second):
        expect(page.locator("#connection")).to_have_class("live")
    second.evaluate(
        """() => new MutationObserver(() => { window.seenAt ??= Date.now() })
        .observe(document.querySelector('.judged'), {childList: true, characterData: true, subtree: true})"""
    )
    first.evaluate("window.pressedAt = Date.now()")
    first.locator("[data-verdict=reject]").click()
    expect(first.locator("#told")).to_have_text("Done: False alarm")
    expect(second.locator(".judged")).to_have_text("Falsa alarma · sara")
    expect(second.locator("[data-verdict=reject]")).to_have_attribute("aria-pressed", "true")
    print("agreed after", second.evaluate("window.seenAt") - first.evaluate("window.pressedAt"), "ms")
    (label,) = [one for one in read_labels(console_stack.stack.settings) if one.id == alert.id]
    assert (label.verdict, label.by) == ("rejected", "sara")
    second.keyboard.press("j")
    second.keyboard.press("y")
    expect(first.locator(".judged")).to_have_text("True · sol")
    first.goto("/history?q=judged-late&verdict=confirmed")
    expect(first.locator(".lives > li")).to_have_count(1)
    assert console_stack.open_alert(alert.key) is None, "a verdict does not reopen the alert"


def test_first_of_many_alerts_of_a_key_accepts_verdict(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    first, *_ = [ended_alert(console_stack, "judged-often") for _ in range(6)]
    page = open_page("sara", "/history?q=judged-often")
    expect(page.locator(".lives > li")).to_have_count(6)
    row = page.locator(f'.lives > li[data-alert="{first.id}"]')
    row.locator("[data-verdict=confirm]").click()
    expect(row.locator(".judged")).to_have_text("True · sara")
    page.reload()
    expect(row.locator(".judged")).to_have_text("True · sara")
    assert page.locator(".judged:not(:empty)").count() == 1, "no other alert has a verdict"


def test_ended_alert_accepts_only_permitted_verdicts(console_stack: ConsoleStack) -> None:
    alert = ended_alert(console_stack, "judged-by-whom")
    body = {"id": uuid.uuid4().hex, "key": alert.key, "alert": alert.id, "action": "confirm"}
    with api_client(console_stack, "sara") as (client, csrf):
        csrf_headers = {"X-Pulso-CSRF": csrf}
        assert (
            client.post("/api/alerts/act", json=body | {"action": "acknowledge"}, headers=csrf_headers).status_code
            == 409
        )
        assert (
            client.post("/api/alerts/act", json=body | {"key": "violence/other"}, headers=csrf_headers).status_code
            == 409
        )
        assert (
            client.post("/api/alerts/act", json=body | {"alert": "nothing@1"}, headers=csrf_headers).status_code == 409
        )
    with api_client(console_stack, "bea") as (client, csrf):
        assert client.post("/api/alerts/act", json=body, headers={"X-Pulso-CSRF": csrf}).status_code == 409
