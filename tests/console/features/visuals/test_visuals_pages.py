"""The picture of a stage in a browser: what it draws, how it flashes, and when it is calm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from console.features.visuals.page import SCENES
from console.services import ConsoleServices
from schemas.visuals import STAGE_FRAMES, StageFrame
from tests.console.conftest import console_of, console_without_kafka, watched_pages
from tests.console.features.visuals.test_visuals_view import make_frame, milliseconds
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack

RATE = 60
"""Pictures a second that are drawn in tests."""

FLASH_CHANGE, FLASH_DARKER = 0.1, 0.8
"""Change of relative luminance of a general flash, and the luminance below which its darker state lies (WCAG 2.2)."""

DRAW = """async ({ scene, tempo, seconds, wild, fast }) => {
  const { Motion, BANDS } = await import("/static/visuals/motion.js");
  const { Painter } = await import("/static/visuals/scenes.js");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [96, 54];
  const painter = new Painter(canvas);
  const motion = new Motion({ fastFlashes: fast });
  motion.tags({ mood: "happy", genre: "electronic", key: "A minor", silent: false });
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const levels = Array.from({ length: 256 }, (_, value) => linear(value));
  const pixels = new Uint8Array(96 * 54 * 4);
  const rows = [];
  for (let number = 0; number < seconds * 60; number += 1) {
    const time = number / 60;
    const period = 60 / tempo;
    if (number % 3 === 0) {
      const since = (time % period) / period;
      const loud = () => (wild ? Math.round(random()) : 0.3 + 0.6 * Math.exp(-4 * since));
      const bands = Object.fromEntries(BANDS.map((name) => [name, loud()]));
      const level = wild ? 0.3 + 0.7 * Math.round(random()) : 0.8;
      motion.frame({ bands, level, brightness: 2500, tempo, until_beat: period - (time % period) }, time);
    }
    const shown = motion.at(time);
    if (time < 2) continue; // it wakes up
    painter.draw(scene, shown, 1);
    painter.gl.readPixels(0, 0, 96, 54, painter.gl.RGBA, painter.gl.UNSIGNED_BYTE, pixels);
    const tiles = new Array(24).fill(0);
    for (let at = 0; at < 96 * 54; at += 1) {
      const tile = Math.floor(Math.floor(at / 96) / 13.5) * 6 + Math.floor((at % 96) / 16);
      const [red, green, blue] = pixels.subarray(4 * at, 4 * at + 3);
      tiles[tile] += 0.2126 * levels[red] + 0.7152 * levels[green] + 0.0722 * levels[blue];
    }
    rows.push(tiles.map((sum) => sum / 216));
  }
  return rows;
}"""
"""Draws a scene to invented sound and returns the mean luminance of 6×4 tiles, picture by picture."""


class VisualsConsole:
    """A console in this process whose records the test gives."""

    def __init__(self, services: ConsoleServices) -> None:
        self._services = services
        self.url = ""

    def send(self, frame: StageFrame, seconds: float) -> None:
        """Apply a frame as if it came from Kafka."""
        self._services.results.apply(STAGE_FRAMES.name, msgspec.json.encode(frame), milliseconds(seconds))


@pytest.fixture(scope="module")
def console(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisualsConsole]:
    fields = {"name": "Feria", "stages": [{"id": "main"}], "visuals": [{"stage": "main", "scene": "tunnel"}]}
    app = console_without_kafka(fields, tmp_path_factory.mktemp("visuals"), redis_url)
    visuals = VisualsConsole(app.state.console)
    with console_of(app) as visuals.url:
        yield visuals


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, console: VisualsConsole) -> Iterator[Open]:
    with watched_pages(chromium, console.url) as (new_page, _):

        def open_(path: str, **options: Any) -> Page:
            page = new_page(**options)
            page.goto(path)
            return page

        yield open_


def flashes_a_second(luminance: Sequence[float]) -> float:
    """Return the most flashes within a second: pairs of opposing changes of a tenth (WCAG 2.2, general flash).

    >>> flashes_a_second([0.0] * 30 + [0.5] * 30)
    0.5
    """
    changes: list[int] = []
    low = high = luminance[0]
    rising: bool | None = None
    for picture, value in enumerate(luminance):
        low, high = min(low, value), max(high, value)
        if rising is not True and value - low >= FLASH_CHANGE and low < FLASH_DARKER:
            changes.append(picture)
            rising, high = True, value
        elif rising is not False and high - value >= FLASH_CHANGE and value < FLASH_DARKER:
            changes.append(picture)
            rising, low = False, value
        if rising is True:
            low = high if value == high else min(low, value)
        elif rising is False:
            high = low if value == low else max(high, value)
    return max((sum(0 <= other - one < RATE for other in changes) / 2 for one in changes), default=0.0)


def drawn(page: Page, scene: str, *, tempo: float, wild: bool, fast: bool = False) -> NDArray[np.float64]:
    """Return the luminance of each tile, shape (pictures, 24)."""
    arguments = {"scene": scene, "tempo": tempo, "seconds": 6, "wild": wild, "fast": fast}
    return np.array(page.evaluate(DRAW, arguments))


def test_flashes_are_counted_as_pairs_of_opposing_changes() -> None:
    square = [0.2 if (picture // 6) % 2 else 0.6 for picture in range(120)]
    assert flashes_a_second(square) == 5
    assert flashes_a_second([0.3 + 0.04 * (picture % 2) for picture in range(120)]) == 0
    assert flashes_a_second([picture / 120 for picture in range(120)]) <= 0.5


@pytest.mark.parametrize("scene", SCENES)
def test_scene_follows_the_sound_and_flashes_three_times_a_second_at_most(open_page: Open, scene: str) -> None:
    page = open_page("/visuals")
    for tempo, wild in ((126.0, False), (199.0, True)):
        tiles = drawn(page, scene, tempo=tempo, wild=wild)
        assert max(flashes_a_second(tile) for tile in tiles.T) <= 3, (tempo, wild)
        assert flashes_a_second(tiles.mean(axis=1)) <= 3
        assert 0.01 < tiles.mean() < 0.6 and tiles.mean(axis=1).std() > 0.003, "neither black, white, nor still"


def test_fast_flashes_come_only_where_the_venue_file_allows_them(open_page: Open) -> None:
    page = open_page("/visuals")
    tiles = drawn(page, "ribbons", tempo=199, wild=True, fast=True)
    assert max(flashes_a_second(tile) for tile in tiles.T) > 3


def test_picture_wakes_with_music_and_calms_down_without(console: VisualsConsole, open_page: Open) -> None:
    page = open_page("/visuals/main", viewport={"width": 160, "height": 90})
    body = page.locator("body")
    expect(body).to_have_attribute("data-calm", "true")
    expect(page.locator("#connection.live")).to_have_count(1)
    for step in range(60):
        console.send(make_frame(step / 20, level=0.7), step / 20)
        page.wait_for_timeout(40)
        if body.get_attribute("data-calm") == "false":
            break
    expect(body).to_have_attribute("data-calm", "false")
    expect(body).to_have_attribute("data-calm", "true")  # nothing comes any more


def test_keys_choose_the_scene(open_page: Open) -> None:
    page = open_page("/visuals/main", viewport={"width": 640, "height": 360})
    body = page.locator("body")
    expect(body).to_have_attribute("data-scene", "tunnel")
    page.keyboard.press("3")
    expect(body).to_have_attribute("data-scene", "embers")
    page.keyboard.press("ArrowRight")
    expect(body).to_have_attribute("data-scene", "ribbons")
    page.get_by_role("button", name="Tunnel").click()
    expect(body).to_have_attribute("data-scene", "tunnel")


@pytest.mark.parametrize("path", ["/visuals", "/visuals/main"])
@pytest.mark.parametrize("width", [360, 1440])
def test_pages_are_accessible(open_page: Open, path: str, width: int) -> None:
    page = open_page(path, viewport={"width": width, "height": 800})
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_stage_without_visuals_is_not_found(open_page: Open) -> None:
    page = open_page("/visuals/none")
    expect(page.locator("body")).to_contain_text("this stage has no visuals")
