"""The camera wall in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage, api_client

pytestmark = pytest.mark.stack


def test_camera_wall_shows_masked_pictures_while_it_is_open(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("sara", "/cameras")
    expect(page.locator("#wall > li")).to_have_count(3)
    picture = page.locator('#wall > li[data-key="bar-square"] img')
    for _ in range(40):  # the console reads frames only while the page is open, from the newest on
        console_stack.send_frame("bar-square", 200)
        page.wait_for_timeout(500)
        if picture.evaluate("image => image.naturalWidth"):
            break
    pixel_script = """image => { const c = document.createElement("canvas"); c.width = image.naturalWidth;
        c.height = image.naturalHeight; const d = c.getContext("2d"); d.drawImage(image, 0, 0);
        return [[5, 5], [c.width - 5, c.height - 5]].map(([x, y]) => d.getImageData(x, y, 1, 1).data[0]) }"""
    masked, unmasked = picture.evaluate(pixel_script)
    assert masked < 30, "the window of the first-aid post"
    assert 170 < unmasked < 230
    with api_client(console_stack, "pau") as (client, _):
        assert client.get("/camera/bar-square").status_code == 403
