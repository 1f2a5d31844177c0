"""Stored XSS: a real browser shows scripts in texts as text and runs none."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from schemas.music import TAGS, MusicTags
from tests.console.conftest import ConsoleStack, OpenPage, api_client

IMAGE = '<img src="x" onerror="window.hit=1">'
SCRIPT = "</script><script>window.hit=1</script>"
ATTRIBUTE = '"\' onmouseover="window.hit=1" autofocus onfocus="window.hit=1" x="'
PAYLOAD = f"{IMAGE}{SCRIPT}{ATTRIBUTE}{{{{7*7}}}}<svg onload=window.hit=1>"


def assert_payload_is_inert(page: Page) -> None:
    """Check that the payload is shown as text, and that none of it became an element or ran."""
    expect(page.get_by_text('<img src="x"').first).to_be_attached()
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src='x'], svg[onload], [onmouseover], [onfocus]").count() == 0
    assert "49" not in page.title()


@pytest.mark.stack
def test_script_in_alert_note_or_search_is_shown_as_text(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "scripted", 0.95, PAYLOAD, PAYLOAD)
    with api_client(console_stack, "sara") as (client, csrf):
        action = {"id": uuid.uuid4().hex, "key": alert.key, "alert": alert.id, "action": "note", "note": PAYLOAD}
        assert client.post("/api/alerts/act", json=action, headers={"X-Pulso-CSRF": csrf}).status_code == 202
    page = open_page("sara")
    assert_payload_is_inert(page)
    page.keyboard.press("j")
    assert_payload_is_inert(page)
    page.goto("/history")
    assert_payload_is_inert(page)
    page.goto(f"/history?q={SCRIPT}&rule={ATTRIBUTE}")
    assert page.evaluate("window.hit") is None
    assert page.locator("[onmouseover]").count() == 0


@pytest.mark.stack
def test_script_in_mail_or_cluster_is_shown_as_text(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_mail(
        f"<{uuid.uuid4().hex}@{IMAGE}>", PAYLOAD, topic=PAYLOAD[:100], facts={"order": (IMAGE,)}, cluster=IMAGE
    )
    page = open_page("sue", "/support")
    assert_payload_is_inert(page)
    row = page.locator("#mails > li", has_text="<img").first.locator("summary").first
    row.click()
    assert_payload_is_inert(page)


@pytest.mark.stack
def test_script_in_music_tags_is_shown_as_text(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    now = datetime.now(UTC)
    tags = MusicTags(
        event_id=uuid.uuid4().hex, stage="main", time=now, seconds=5, mood=IMAGE, mood_confidence=0.9, moods={},
        genre=PAYLOAD, genre_confidence=0.9, genres={}, tempo=120, loudness=-10, silent=False, model=SCRIPT,
    )  # fmt: skip
    console_stack.send_result(TAGS, "main", tags, tags.event_id)
    assert_payload_is_inert(open_page("pau", "/music"))
