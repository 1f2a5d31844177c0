"""An incident in a real browser: one row with all alerts, a timeline, and a sound only for what is worse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage

pytestmark = pytest.mark.stack


def test_alerts_of_one_place_and_time_are_one_row(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    start = datetime.now(UTC) - timedelta(days=40)
    full = console_stack.raise_alert("crowd-density", "bars/bar-square", 4.5, "lleno", "incident full", at=start)
    page = open_page("sara", "/?q=incident")
    row = page.locator(f'#alerts > li[data-key="{full.key}"]')
    expect(row.locator(".row .what")).to_have_text("incident full")
    page.evaluate("document.addEventListener('alarm', () => { window.alarms = (window.alarms ?? 0) + 1 })")
    flight = console_stack.raise_alert(
        "scattering", "bars/bar-square", 0.9, "huyen", "incident flight", at=start + timedelta(minutes=2)
    )
    expect(row.locator(".row .what")).to_have_text("incident flight")
    expect(row.locator(".members .what")).to_have_text("incident full")
    expect(row.locator(".row .where")).to_contain_text("Incident: 2 alerts")
    assert page.evaluate("window.alarms") == 1, "worse than the first"
    run = console_stack.raise_alert(
        "stampede", "bars/bar-square", 0.9, "corren", "incident run", at=start + timedelta(minutes=4)
    )
    elsewhere = console_stack.raise_alert("stampede", "gate/gate-east", 0.9, "", "incident gate", at=start)
    expect(row.locator(".members .what")).to_have_text(["incident run", "incident full"])
    other = page.locator(f'#alerts > li[data-key="{elsewhere.key}"]')
    expect(other.locator(".row .what")).to_have_text("incident gate")
    expect(other.locator(".members > li")).to_have_count(0)
    assert page.evaluate("window.alarms") == 2, "the third is not worse; the other place is an incident of its own"

    row.locator(".row").click()
    page.keyboard.press("a")
    expect(row.locator(".row .taken")).to_have_text("✓ sara")
    row.locator(".members button").last.click()
    expect(page.locator("#detail-title")).to_have_text("incident full")
    expect(page.locator("#incident-why")).to_contain_text("The first of 3 alerts")
    expect(page.locator("#timeline > li")).to_have_count(4)
    expect(page.locator("#timeline > li").last).to_contain_text("Acknowledged sara")
    page.reload()
    expect(row.locator(".members > li")).to_have_count(2)
    with console_stack.alert_actions("sara") as act:
        act(flight, "resolve")
    expect(row.locator(".row .what")).to_have_text("incident run")
    expect(row.locator(".members > li")).to_have_count(1)
    with console_stack.alert_actions("sara") as act:  # other tests count the alarms on the plan
        for alert in (full, run, elsewhere):
            act(alert, "resolve")
    expect(page.locator("#alerts > li")).to_have_count(0)
