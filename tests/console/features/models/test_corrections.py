"""From a correction on a page to a label for training, on a real Kafka and Redis."""

from __future__ import annotations

import csv
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from schemas.models import FEEDBACK, ModelFeedback
from schemas.music import SNIPPETS, TAGS, MusicTags
from schemas.support import MAILS, TRIAGE, Mail, SupportTriage
from stream.registry.feedback import clip_name
from stream.registry.labels import gather
from stream.runtime.producer import EventProducer
from stream.stores.audit import AUDIT
from stream.stores.evidence import EVIDENCE
from tests.console.conftest import ConsoleStack, OpenPage, api_client, wait_until
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack

SOUND = b"a fragment of sound"
MOODS = {"happy": 0.6, "relax": 0.3, "sad": 0.1}


def send_fragment(console_stack: ConsoleStack, event: str) -> None:
    """Send a fragment and its tags, with moods that have words."""
    now = datetime.now(UTC)
    with EventProducer(console_stack.stack.settings) as producer:
        producer.send(SNIPPETS, key="second", value=SOUND, id=event, source="test", time=now)
    tags = MusicTags(
        event_id=event, stage="second", time=now, seconds=5, mood="happy", mood_confidence=0.6, moods=MOODS,
        genre="rock", genre_confidence=0.9, genres={"rock": 0.9, "pop": 0.1}, tempo=120, loudness=-10, silent=False,
        model="test",
    )  # fmt: skip
    console_stack.send_result(TAGS, "second", tags, event)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def audit_entries(console_stack: ConsoleStack) -> list[str]:
    entries: Any = console_stack.redis.xrange(AUDIT)
    return [
        f"{fields[b'who'].decode()} {fields[b'subject'].decode()} {fields[b'detail'].decode()}"
        for _, fields in entries
        if fields[b"what"] == b"model-correction"
    ]


def keep_picture(page: Page, name: str) -> None:
    """Save a picture of the page where the environment names a folder for the pictures of the documentation."""
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_corrected_mood_becomes_a_label_with_its_clip(
    console_stack: ConsoleStack, open_page: OpenPage, tmp_path: Path
) -> None:
    event = f"fragment-{uuid.uuid4().hex[:8]}"
    send_fragment(console_stack, event)
    page = open_page("pau", "/music")
    stage = page.locator("#stages > li", has_text="second")
    stage.locator(".correct-mood select").select_option("sad")
    expect(stage.locator(".correct-mood .noted")).to_have_text("Noted for the next training: sad")
    assert serious_violations(page) == []
    keep_picture(page, "correct-mood-en")
    wait_until(lambda: console_stack.redis.exists(EVIDENCE.format(id=clip_name(event))))
    assert "pau mood/second happy → sad" in audit_entries(console_stack)

    found = gather(console_stack.stack.settings, "mood", tmp_path)
    assert (found.new, found.total, found.changed) == (1, 1, 1)
    (row,) = rows_of(tmp_path / "mood.csv")
    assert (row["said"], row["mood"]) == ("happy", "sad")
    assert row["group"].startswith("second ") and "pau" not in row.values()
    assert (tmp_path / row["clip"]).read_bytes() == SOUND

    again = gather(console_stack.stack.settings, "mood", tmp_path)
    assert (again.new, again.total) == (0, 1)

    page = open_page("pau", "/models")
    expect(page.locator("#corrections li").first).to_contain_text("happy → sad")
    expect(page.locator("#models > li", has_text="Mood of music")).to_contain_text("0 / 1")
    assert serious_violations(page) == []
    keep_picture(page, "models-en")
    phone = open_page("pau", "/models", locale="es-ES", **PHONE)
    expect(phone.locator("h1")).to_have_text("Modelos")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_violations(phone) == []
    keep_picture(phone, "models-phone-es")


def test_corrected_sentiment_becomes_a_label_without_addresses(
    console_stack: ConsoleStack, open_page: OpenPage, tmp_path: Path
) -> None:
    event = f"mail-{uuid.uuid4().hex[:8]}"
    now = datetime.now(UTC)
    mail = Mail(
        id=event, thread=event, time=now, sender="lola@example.org", subject="Mi pulsera",
        text="No funciona, escribidme a lola@example.org. Soy Lola Pérez.",
    )  # fmt: skip
    console_stack.send_result(MAILS, event, mail, event)
    triage = SupportTriage(
        event_id=event, message=event, thread=event, language="es", time=now, priority="normal",
        summary="La pulsera de Lola", sentiment="neutral", model="test",
    )  # fmt: skip
    console_stack.send_result(TRIAGE, event, triage, event)
    page = open_page("sue", "/support?q=pulsera")
    page.locator("#mails summary", has_text="La pulsera de Lola").click()
    page.get_by_label("How does the customer sound?").select_option("negative")
    expect(page.locator(".correct .noted")).to_have_text("Noted for the next training")
    assert "sue sentiment/support neutral → negative" in audit_entries(console_stack)

    assert gather(console_stack.stack.settings, "sentiment", tmp_path).total == 1
    table = (tmp_path / "sentiment.csv").read_text(encoding="utf-8")
    (row,) = rows_of(tmp_path / "sentiment.csv")
    assert (row["said"], row["sentiment"]) == ("neutral", "negative")
    assert "No funciona" in row["text"]
    assert "@" not in table and "Pérez" not in table and "sue" not in row.values() and event not in table
    assert (tmp_path / "sentiment.csv").stat().st_mode & 0o077 == 0


def test_correction_of_an_unknown_label_or_fragment_is_refused(console_stack: ConsoleStack) -> None:
    event = f"fragment-{uuid.uuid4().hex[:8]}"
    send_fragment(console_stack, event)
    with api_client(console_stack, "pau") as (client, csrf):

        def correct(**fields: str) -> httpx.Response:
            body = {"id": uuid.uuid4().hex, "stage": "second", "event": event, "model": "mood", "right": "sad"}
            return client.post("/api/music/corrections", json=body | fields, headers={"X-Pulso-CSRF": csrf})

        wait_until(lambda: correct().status_code == 202)
        assert correct(right="gloomy").status_code == 422
        assert correct(event="another").status_code == 409


def test_feedback_of_the_command_line_is_shown(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    feedback = ModelFeedback(
        id=uuid.uuid4().hex, model="genre", subject="main", event_id=uuid.uuid4().hex, said="pop", right="pop",
        by="root", time=datetime.now(UTC),
    )  # fmt: skip
    console_stack.send_result(FEEDBACK, "genre", feedback, feedback.id)
    page = open_page("ada", "/models")
    expect(page.locator("#corrections li").first).to_contain_text("pop, confirmed")
