"""The line above every page, in a real browser: silent sources, and that nobody computes alerts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from schemas.alerts import OBSERVATIONS, Observation
from schemas.sources import SOURCE_STATES, SourceState
from tests.console.conftest import ConsoleStack, OpenPage, wait_until

pytestmark = pytest.mark.stack


def send_camera(console_stack: ConsoleStack, silent: bool) -> None:
    now = datetime.now(UTC)
    state = SourceState(
        event_id=f"s{now.timestamp()}", source="camera/front-left", kind="camera", name="front-left", time=now,
        silent=silent, since=now,
    )  # fmt: skip
    console_stack.send_result(SOURCE_STATES, state.source, state, state.event_id)


def test_silent_camera_is_named_above_the_page_and_on_the_row_of_its_alert(
    console_stack: ConsoleStack, open_page: OpenPage
) -> None:
    alert = console_stack.raise_alert("violence", "silent-camera", 0.9, "Pelea", "Fight", origin="camera/front-left")
    page = open_page("sara")
    row = page.locator(f'#alerts > li[data-key="{alert.key}"] .what')
    expect(row).to_have_text("Fight")
    expect(page.locator("#watch")).to_be_hidden()
    send_camera(console_stack, silent=True)
    expect(page.locator("#watch")).to_contain_text("No signal (1): camera/front-left since")
    expect(row).to_contain_text("NOT SEEN ANY MORE: camera/front-left is silent since")
    expect(page.locator("#cameras")).to_contain_text("front-left")
    send_camera(console_stack, silent=False)
    expect(page.locator("#watch")).to_be_hidden()
    assert wait_until(lambda: console_stack.open_alert(alert.key)).blind_since is not None
    again = Observation(
        id="seen-again", key=alert.key, rule="violence", subject="silent-camera", time=datetime.now(UTC), value=0.9,
        text={"en": "Fight"},
    )  # fmt: skip
    console_stack.send_result(OBSERVATIONS, alert.key, again, again.id)
    expect(row).to_have_text("Fight")


def test_page_says_when_nobody_computes_alerts(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("sara", "/history")
    expect(page.locator("#watch")).to_be_hidden()
    script = page.request.get("/static/sources/watch.js").text()
    page.route("**/static/sources/watch.js", lambda route: route.fulfill(
        body=script.replace("UNWATCHED_MS = 60_000", "UNWATCHED_MS = -600_000"), content_type="text/javascript"
    ))  # fmt: skip
    page.reload()
    expect(page.locator("#watch.unwatched")).to_contain_text("NO ALERTS ARE COMPUTED since")
