"""Verdicts on alerts that have ended, given on the history page."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from schemas.alerts import Alert
from stream.features.alerts.precision import read_labels
from tests.console.conftest import Enter, Festival, logged_in, wait

pytestmark = pytest.mark.stack


def ended_alert(festival: Festival, subject: str) -> Alert:
    """Raise and resolve an alert."""
    alert = festival.raised("violence", subject, 0.9, f"pelea {subject}", f"fight {subject}")
    with festival.acting("sara") as act:
        act(alert, "resolve")
    wait(lambda: festival.open(alert.key) is None)
    return alert


def test_verdict_after_the_end_appears_in_two_browsers(festival: Festival, enter: Enter) -> None:
    alert = ended_alert(festival, "judged-late")
    first, second = enter("sara", "/history?q=judged-late"), enter("sol", "/history?q=judged-late", locale="es-ES")
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
    (label,) = [one for one in read_labels(festival.stack.settings) if one.id == alert.id]
    assert (label.verdict, label.by) == ("rejected", "sara")
    second.keyboard.press("j")
    second.keyboard.press("y")
    expect(first.locator(".judged")).to_have_text("True · sol")
    first.goto("/history?q=judged-late&verdict=confirmed")
    expect(first.locator(".lives > li")).to_have_count(1)
    assert festival.open(alert.key) is None, "a verdict opens nothing again"


def test_first_of_many_alerts_of_a_key_can_be_judged(festival: Festival, enter: Enter) -> None:
    first, *_ = [ended_alert(festival, "judged-often") for _ in range(6)]
    page = enter("sara", "/history?q=judged-often")
    expect(page.locator(".lives > li")).to_have_count(6)
    row = page.locator(f'.lives > li[data-alert="{first.id}"]')
    row.locator("[data-verdict=confirm]").click()
    expect(row.locator(".judged")).to_have_text("True · sara")
    page.reload()
    expect(row.locator(".judged")).to_have_text("True · sara")
    assert page.locator(".judged:not(:empty)").count() == 1, "and no other"


def test_ended_alert_accepts_only_permitted_verdicts(festival: Festival) -> None:
    alert = ended_alert(festival, "judged-by-whom")
    body = {"id": uuid.uuid4().hex, "key": alert.key, "alert": alert.id, "action": "confirm"}
    with logged_in(festival, "sara") as (client, csrf):
        right = {"X-Pulso-CSRF": csrf}
        assert client.post("/api/alerts/act", json=body | {"action": "acknowledge"}, headers=right).status_code == 409
        assert client.post("/api/alerts/act", json=body | {"key": "violence/other"}, headers=right).status_code == 409
        assert client.post("/api/alerts/act", json=body | {"alert": "nothing@1"}, headers=right).status_code == 409
    with logged_in(festival, "bea") as (client, csrf):
        assert client.post("/api/alerts/act", json=body, headers={"X-Pulso-CSRF": csrf}).status_code == 409
