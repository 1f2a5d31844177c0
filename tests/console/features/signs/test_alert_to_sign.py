"""From an alert to the words on a sign: Kafka, Redis, the alerts worker, the console and a browser."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from stream.stores import audit
from stream.stores.alert_store import STREAM
from tests.console.conftest import ConsoleStack, api_client, wait_until

pytestmark = pytest.mark.stack
log = logging.getLogger(__name__)
ROUNDS = 3
SUBJECT = "gate/gate-east/Salida este"
KEY = f"bottleneck/{SUBJECT}"
WATCH_TEXT = """(wanted) => new Promise((resolve) => {
    const text = document.getElementById("text-en");
    const done = () => text.textContent === wanted && resolve(Date.now());
    new MutationObserver(done).observe(text, {childList: true, characterData: true, subtree: true});
    done();
})"""


def signs(client: httpx.Client) -> list[dict[str, Any]]:
    """Return all signs as the page of signs gets them."""
    found: list[dict[str, Any]] = client.get("/api/now/signs").json()["signs"]
    return found


def alert_time(console_stack: ConsoleStack, alert: str) -> float:
    """Return when Redis got the first step of an alert, in Unix seconds."""
    rows: Any = console_stack.redis.xrevrange(STREAM.format(audience="security"), count=20)
    return min(int(name.partition(b"-")[0]) / 1000 for name, fields in rows if alert.encode() in fields[b"alert"])


def test_jam_changes_a_sign_and_it_returns(
    console_stack: ConsoleStack, open_page: Callable[..., Page], caplog: pytest.LogCaptureFixture
) -> None:
    page = open_page(None, "/sign/panel-e1")
    text = page.locator("#text-en")
    expect(text).to_have_text("East entrance")
    delays = []
    with console_stack.alert_actions("sara") as act, caplog.at_level(logging.INFO):
        for _ in range(ROUNDS):
            alert = console_stack.raise_alert("bottleneck", SUBJECT, 3.2, "Atasco", "Jam")
            stored = alert_time(console_stack, alert.id)
            shown = page.evaluate(WATCH_TEXT, "Use the north exit")
            delays.append(shown / 1000 - stored)
            act(alert, "resolve")
            wait_until(lambda: console_stack.open_alert(KEY) is None)
            expect(text).to_have_text("East entrance")
        log.info(
            "alert to sign: n %d, median %.2f s, p95 %.2f s, max %.2f s", ROUNDS, statistics.median(delays),
            sorted(delays)[int(0.95 * (ROUNDS - 1) + 0.5)], max(delays),
        )  # fmt: skip
    rows = console_stack.redis.xrevrange(audit.AUDIT, count=50)
    changes = [fields[b"what"] for _, fields in rows if fields[b"subject"] == b"panel-e1"]
    assert changes == [b"sign-withdrawn", b"sign-set"] * ROUNDS


def test_proposal_of_an_alert_is_shown_once_security_approves(
    console_stack: ConsoleStack, open_page: Callable[..., Page]
) -> None:
    page = open_page(None, "/sign/panel-n2")
    with api_client(console_stack, "sara") as (client, csrf), console_stack.alert_actions("sara") as act:
        alert = console_stack.raise_alert("bottleneck", "front/front-left/Salida norte", 3.2, "Atasco", "Jam")
        sign = wait_until(
            lambda: next((one for one in signs(client) if one["id"] == "panel-n2" and one["proposals"]), None)
        )
        body = {"id": "approve-1", "command": sign["proposals"][0]["id"]}
        assert client.post("/api/signs/approve", json=body, headers={"X-Pulso-CSRF": csrf}).status_code == 202
        expect(page.locator("#text-en")).to_have_text("Use the east exit")
        act(alert, "resolve")
        expect(page.locator("#text-en")).to_have_text("Main stage")
