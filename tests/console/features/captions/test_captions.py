"""Public pages of captions and the page of corrections: endpoints, and a browser that loses its connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from schemas.captions import CaptionCorrection
from tests.console.conftest import watched_pages
from tests.console.features.captions.conftest import CaptionsConsole, caption_line
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack
Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, captions_console: CaptionsConsole) -> Iterator[Open]:
    """Return a function that opens a page in a browser of its own; errors of scripts and policy fail the test."""
    with watched_pages(chromium, captions_console.url) as (new_page, _):

        def open_(path: str, **options: Any) -> Page:
            page = new_page(**options)
            page.goto(path)
            return page

        yield open_


def test_public_endpoints_serve_stages_with_captions_only(captions_console: CaptionsConsole) -> None:
    captions_console.show(caption_line(0, "Buenas <noches>"))
    with httpx.Client(base_url=captions_console.url, timeout=30) as client:
        assert 'href="/captions/main' in client.get("/captions").text
        assert client.get("/captions/main/code.svg").headers["content-type"] == "image/svg+xml"
        subtitles = client.get("/captions/main/subtitles.vtt?track=en")
        assert subtitles.text.startswith("WEBVTT") and "EN Buenas &lt;noches&gt;" in subtitles.text
        assert client.get("/captions/main/subtitles.vtt?begin=2026-07-04T20:00:00").status_code == 422
        assert [client.get(f"/captions/{one}").status_code for one in ("small", "moon")] == [404, 404]


def test_stream_sends_what_a_page_lacks(captions_console: CaptionsConsole) -> None:
    lines = [caption_line(number, f"línea {number}") for number in range(4)]
    for line in lines:
        captions_console.show(line)
    since = round(lines[2].time.timestamp() * 1000)
    with httpx.stream("GET", f"{captions_console.url}/captions/main/live?since={since}", timeout=30) as answer:
        data = next(one for one in answer.iter_lines() if one.startswith("data: ["))
    assert "línea 3" in data and "línea 0" not in data


def test_correction_is_sent_and_unknown_lines_are_refused(captions_console: CaptionsConsole) -> None:
    captions_console.show(caption_line(0, "Buenas noches"))
    client = captions_console.client()
    body = {"id": "request-1", "line": "line-0", "text": " Buenas  tardes "}
    assert client.post("/api/captions/correct", json=body).status_code == 202
    (sent,) = captions_console.records
    assert isinstance(sent, CaptionCorrection)
    assert (sent.line, sent.stage, sent.text, sent.translation, sent.by) == (
        "line-0", "main", "Buenas tardes", None, "demo",
    )  # fmt: skip
    assert client.post("/api/captions/correct", json=body | {"line": "none"}).status_code == 404
    assert client.post("/api/captions/correct", json=body | {"text": "  "}).status_code == 422


def test_page_keeps_its_lines_through_a_cut_and_gets_what_it_missed(
    captions_console: CaptionsConsole, open_page: Open
) -> None:
    first = caption_line(0, "Buenas noches")
    captions_console.show(first)
    page = open_page("/captions/main?language=es")
    lines = page.locator("#lines li")
    expect(lines).to_have_text(["Buenas noches"])
    expect(page.locator(".automatic")).to_be_visible()
    captions_console.show(caption_line(1, "Hola"))
    expect(lines).to_have_text(["Buenas noches", "Hola"])
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('online'))")  # an open stream outlives the browser's offline mode
    expect(page.locator("body")).to_have_attribute("data-connected", "false")
    captions_console.show(caption_line(2, "Adiós"))
    corrected = replace(first, text="Buenas tardes", automatic=False, time=first.time + timedelta(minutes=5))
    captions_console.show(corrected)
    expect(lines).to_have_text(["Buenas noches", "Hola"])
    page.context.set_offline(False)
    expect(lines).to_have_text(["Buenas tardes", "Hola", "Adiós"])
    page.get_by_role("button", name="English").click()
    expect(lines.last).to_have_text("EN Adiós")
    expect(lines.last).to_have_attribute("lang", "en")


@pytest.mark.parametrize("path", ["/captions", "/captions/main", "/captioning"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_pages_are_accessible_also_on_a_phone(
    captions_console: CaptionsConsole, open_page: Open, path: str, language: str
) -> None:
    captions_console.show(caption_line(0, "Bienvenidos al festival, esta noche hay cuatro conciertos"))
    page = open_page(f"{path}?language={language}", viewport={"width": 360, "height": 640})
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
