"""The camera wall in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Enter, Festival, logged_in

pytestmark = pytest.mark.stack


def test_camera_wall_shows_masked_pictures_while_it_is_open(festival: Festival, enter: Enter) -> None:
    page = enter("sara", "/cameras")
    expect(page.locator("#wall > li")).to_have_count(3)
    picture = page.locator('#wall > li[data-key="bar-square"] img')
    for _ in range(40):  # the console begins to read when somebody looks, and frames of before are gone
        festival.frame("bar-square", 200)
        page.wait_for_timeout(500)
        if picture.evaluate("image => image.naturalWidth"):
            break
    drawn = """image => { const c = document.createElement("canvas"); c.width = image.naturalWidth;
        c.height = image.naturalHeight; const d = c.getContext("2d"); d.drawImage(image, 0, 0);
        return [[5, 5], [c.width - 5, c.height - 5]].map(([x, y]) => d.getImageData(x, y, 1, 1).data[0]) }"""
    masked, seen = picture.evaluate(drawn)
    assert masked < 30, "the window of the first-aid post"
    assert 170 < seen < 230
    with logged_in(festival, "pau") as (client, _):
        assert client.get("/camera/bar-square").status_code == 403
