"""Scripts in texts of strangers: a real browser shows them as text and runs none."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from schemas.music import TAGS, MusicTags
from tests.console.conftest import Enter, Festival, logged_in

IMAGE = '<img src="x" onerror="window.hit=1">'
SCRIPT = "</script><script>window.hit=1</script>"
ATTRIBUTE = '"\' onmouseover="window.hit=1" autofocus onfocus="window.hit=1" x="'
PAYLOAD = f"{IMAGE}{SCRIPT}{ATTRIBUTE}{{{{7*7}}}}<svg onload=window.hit=1>"


def harmless(page: Page) -> None:
    """Check that the payload is shown as text, and that none of it became an element or ran."""
    expect(page.get_by_text('<img src="x"').first).to_be_attached()
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src='x'], svg[onload], [onmouseover], [onfocus]").count() == 0
    assert "49" not in page.title()


@pytest.mark.stack
def test_script_in_alert_note_or_search_is_shown_as_text(festival: Festival, enter: Enter) -> None:
    alert = festival.raised("violence", "scripted", 0.95, PAYLOAD, PAYLOAD)
    with logged_in(festival, "sara") as (client, csrf):
        deed = {"id": uuid.uuid4().hex, "key": alert.key, "alert": alert.id, "action": "note", "note": PAYLOAD}
        assert client.post("/api/alerts/act", json=deed, headers={"X-Pulso-CSRF": csrf}).status_code == 202
    page = enter("sara")
    harmless(page)
    page.keyboard.press("j")
    harmless(page)
    page.goto("/history")
    harmless(page)
    page.goto(f"/history?q={SCRIPT}&rule={ATTRIBUTE}")
    assert page.evaluate("window.hit") is None
    assert page.locator("[onmouseover]").count() == 0


@pytest.mark.stack
def test_script_in_mail_or_cluster_is_shown_as_text(festival: Festival, enter: Enter) -> None:
    festival.mail(
        f"<{uuid.uuid4().hex}@{IMAGE}>", PAYLOAD, topic=PAYLOAD[:100], facts={"order": (IMAGE,)}, cluster=IMAGE
    )
    page = enter("sue", "/support")
    harmless(page)
    row = page.locator("#mails > li", has_text="<img").first.locator("summary").first
    row.click()
    harmless(page)


@pytest.mark.stack
def test_script_in_music_tags_is_shown_as_text(festival: Festival, enter: Enter) -> None:
    now = datetime.now(UTC)
    tags = MusicTags(
        event_id=uuid.uuid4().hex, stage="main", time=now, seconds=5, mood=IMAGE, mood_confidence=0.9, moods={},
        genre=PAYLOAD, genre_confidence=0.9, genres={}, tempo=120, loudness=-10, silent=False, model=SCRIPT,
    )  # fmt: skip
    festival.result(TAGS, "main", tags, tags.event_id)
    harmless(enter("pau", "/music"))
