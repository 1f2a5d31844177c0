"""The hand-over of a shift in real browsers: what the note has, and that both people sign it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage, api_client

pytestmark = pytest.mark.stack


def test_shift_is_handed_over_by_two_people(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "handover", 0.9, "relevo", "handover fight")
    with api_client(console_stack, "sara") as (client, csrf):
        body = {
            "id": "handover-note",
            "key": alert.key,
            "alert": alert.id,
            "action": "note",
            "note": "Two stewards",
        }
        assert client.post("/api/alerts/act", headers={"X-Pulso-CSRF": csrf}, json=body).status_code == 202
        refused = {"id": "handover-self", "to": "sara", "text": ""}
        assert client.post("/api/handover", headers={"X-Pulso-CSRF": csrf}, json=refused).status_code == 422
    page = open_page("sara", "/handover")
    expect(page.locator("main")).to_contain_text("handover fight")
    expect(page.locator("main")).to_contain_text("Two stewards")
    page.fill("[name=text]", "Gate 2 sticks.\nCall Eva.")
    page.reload()
    expect(page.locator("[name=text]")).to_have_value("Gate 2 sticks.\nCall Eva.")
    page.select_option("[name=to]", "sol")
    page.click("#sign button")
    expect(page.locator(".text")).to_have_text("Gate 2 sticks.\nCall Eva.")
    expect(page.locator("#taken")).to_contain_text("not signed yet")
    expect(page.locator("#take")).to_have_count(0)
    note = page.url.partition("note=")[2]
    with api_client(console_stack, "ada") as (client, csrf):
        answer = client.post("/api/handover/take", headers={"X-Pulso-CSRF": csrf}, json={"note": note})
        assert answer.status_code == 403, "only the person whom it names"

    other = open_page("sol", "/handover", locale="es-ES")
    other.click(".notice a")
    expect(other.locator(".text")).to_have_text("Gate 2 sticks.\nCall Eva.")
    other.click("#take")
    expect(other.locator("#take")).to_have_count(0)
    expect(other.locator("#taken")).not_to_contain_text("sin firmar")
    other.emulate_media(media="print")
    expect(other.locator(".top")).to_be_hidden()
    expect(other.locator(".signatures")).to_be_visible()
    entries: Any = console_stack.redis.xrange("pulso:audit")
    done = [(one[b"who"].decode(), one[b"what"].decode()) for _, one in entries if one[b"subject"].decode() == note]
    assert done == [("sara", "handover-signed"), ("sol", "handover-taken")]
    other.goto("/handover")
    expect(other.locator("main")).not_to_contain_text("Two stewards")
