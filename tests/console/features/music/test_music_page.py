"""The music page in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage

pytestmark = pytest.mark.stack


def test_music_page_shows_present_and_past(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_evening()  # begins anew: other tests' fragments of this stage are forgotten
    page = open_page("pau", "/music")
    expect(page.locator("strong.mood").first).to_have_text("energetic, 70 % sure")
    expect(page.locator("strong.tempo").first).to_have_text("128 beats per minute")
    expect(page.locator("#stages li").first.locator(".strip-mood rect")).to_have_count(5)
    expect(page.locator(".changes li").first).to_contain_text("calm → energetic")
