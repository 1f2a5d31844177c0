"""The venue editor in a browser: a zone by mouse and by keyboard, tables, publishing, two people at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy
import pytest
from playwright.sync_api import Browser, Page, expect
from redis import Redis

from console.features.cameras.camera_wall import CameraWall
from console.server import build
from console.services import ConsoleServices
from schemas.ids import CameraId
from stream.runtime.settings import Settings
from stream.stores.venue_versions import VenueVersions
from tests.console.conftest import OpenPage, console_of, wait_until, watched_pages
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack

DESK = {"width": 1440, "height": 900}


class Editor:
    """An open console with a copy of the demo's venue file, and what its tests look at."""

    def __init__(self, url: str, versions: VenueVersions, redis: Redis) -> None:
        self.url, self.versions, self.redis = url, versions, redis

    def camera(self, number: int) -> dict[str, Any]:
        """Return a camera of the file in use."""
        camera: dict[str, Any] = self.versions.current().content["cameras"][number]
        return camera


@pytest.fixture
def editor(redis_url: str, tmp_path: Path) -> Iterator[Editor]:
    """Return the editor of a console in this process, with Redis and without Kafka."""
    venue = tmp_path / "venue.yaml"
    shutil.copy(Settings().venue, venue)
    text = venue.read_text(encoding="utf-8").replace(
        "  - id: gate-east\n", "  - id: gate-east\n    url: rtsp://guard:hunter2@10.0.0.7/gate\n", 1
    )
    venue.write_text(text, encoding="utf-8")
    app = build(Settings(venue=venue, kafka="127.0.0.1:1", redis=redis_url), open_demo=True)
    services: ConsoleServices = app.state.console
    services.results.caught_up.set()
    picture = numpy.full((300, 400, 3), 90, numpy.uint8)
    _, jpeg = cv2.imencode(".jpg", picture)
    at = int(datetime.now(UTC).timestamp() * 1000)
    services.part(CameraWall)._pictures |= {
        CameraId(name): (at, jpeg.tobytes()) for name in ("front-left", "gate-east", "bar-square")
    }
    with console_of(app) as url:
        yield Editor(url, VenueVersions(venue), Redis.from_url(redis_url))


@pytest.fixture
def new_page(chromium: Browser, editor: Editor) -> Iterator[OpenPage]:
    """Return a function that opens an empty page; errors in it fail the test."""
    with watched_pages(chromium, editor.url) as (new, _):
        yield new


def open_editor(new_page: OpenPage, tab: str = "pictures", **options: Any) -> Page:
    page = new_page(**{"locale": "en-GB", "viewport": DESK} | options)
    page.goto("/venue")
    if tab != "pictures":
        page.click(f"#tab-{tab}")
    return page


def publish(page: Page) -> None:
    page.click("#tab-publish")
    page.click("#publish")
    expect(page.locator("#told")).to_have_text("Published.")


def test_zone_is_drawn_with_the_mouse_and_published(editor: Editor, new_page: OpenPage) -> None:
    page = open_editor(new_page)
    page.select_option("#camera", label="front-left")
    expect(page.locator(".drawing img[data-loaded]")).to_be_visible()
    expect(page.locator(".grid").first).to_be_attached()
    page.select_option("#new-kind", "view")
    page.select_option("[name=shape-name]", "bars")
    page.click("#draw")
    box = page.locator(".drawing svg").bounding_box()
    assert box is not None
    for x, y in ((0.2, 0.4), (0.6, 0.4), (0.6, 0.8)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.click("#finish")
    corner = page.locator("[data-point='2']").bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    page.mouse.down()
    page.mouse.move(corner["x"] + corner["width"] / 2 - 0.1 * box["width"], corner["y"] - 0.1 * box["height"], steps=3)
    page.mouse.up()
    expect(page.locator("#draft-state")).to_have_text("Draft saved: 1 changes.", timeout=60_000)
    assert serious_violations(page) == []
    publish(page)
    expect(page.locator(".consequences")).to_contain_text("vision): takes it within seconds, without a restart")
    view = editor.camera(0)["views"][1]
    assert view["zone"] == "bars"
    assert numpy.allclose(view["polygon"], [[0.2, 0.4], [0.6, 0.4], [0.5, 0.7]], atol=0.04)
    assert "# Four points at the height of heads" in editor.versions.current().text
    entries: Any = editor.redis.xrevrange("pulso:audit", count=1)
    assert entries[0][1][b"what"] == b"venue-published"
    assert entries[0][1][b"detail"] == "added cameras › front-left › views › bars".encode()
    assert editor.versions.log()[0].by == "demo"


def test_mask_is_drawn_and_moved_with_the_keyboard(editor: Editor, new_page: OpenPage) -> None:
    page = open_editor(new_page, locale="es-ES")
    page.locator("#new-kind").focus()
    page.keyboard.press("m")  # the kind that begins with it
    page.select_option("#new-kind", "mask")
    page.locator("#draw").focus()
    page.keyboard.press("Enter")
    for keys in ("", "ArrowRight " * 10, "ArrowDown " * 10):
        for key in keys.split():
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#shapes [aria-pressed=true]")).to_have_text("Máscara de privacidad 1")
    expect(page.locator("[data-point='0']")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("+")  # a fourth point between the first and the second
    page.keyboard.press("ArrowUp")
    publish_es(page)
    (mask,) = editor.camera(0)["masks"]
    assert numpy.allclose(mask, [[0.499, 0.5], [0.5495, 0.49], [0.6, 0.5], [0.6, 0.6]])


def publish_es(page: Page) -> None:
    page.click("#tab-publish")
    page.click("#publish")
    expect(page.locator("#told")).to_have_text("Publicado.")


def test_crossing_zone_is_explained_beside_it_and_not_published(editor: Editor, new_page: OpenPage) -> None:
    before = editor.versions.current().version
    page = open_editor(new_page)
    page.locator("#shapes button", has_text="Zone front").first.click()
    point = page.locator("[data-point='0']")
    point.focus()
    page.keyboard.press("Delete")
    page.locator("[data-point='2']").focus()
    page.keyboard.press("+")
    for key in ["ArrowRight"] * 99 + ["ArrowDown"] * 60:
        page.keyboard.press(key)
    page.locator("[data-point='3']").focus()
    for key in ["ArrowRight"] * 99:
        page.keyboard.press(key)
    expect(page.locator("#draft-state")).to_contain_text("mistakes to correct")
    expect(page.locator("#shapes .error").first).not_to_be_empty()
    page.click("#tab-publish")
    expect(page.locator("#publish")).to_be_disabled()
    expect(page.locator("#mistakes")).to_contain_text("cameras › front-left › views › front")
    assert editor.versions.current().version == before


def test_products_are_pasted_with_mistakes_at_their_cells(editor: Editor, new_page: OpenPage) -> None:
    page = open_editor(new_page, "bars")
    rows = "cider\tSidra\t1.200,5\nmead\tHidromiel\tmuchos"
    page.locator("table").nth(1).locator("input").first.evaluate(
        """(cell, text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }""",
        rows,
    )
    table = page.locator("section:has(> h2:text('Products'))").first
    expect(table.locator("[role=status]")).to_have_text("2 rows pasted, 1 cells to correct.")
    expect(table.locator("[aria-invalid]")).to_have_value("muchos")
    expect(table.locator(".error:not(:empty)").last).to_contain_text("is not a number")
    table.locator("[aria-invalid]").fill("30")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    assert serious_violations(page) == []
    publish(page)
    products = editor.versions.current().content["bars"][0]["products"]
    stock = {one["id"]: one.get("opening_stock") for one in products}
    assert stock["cider"] == 1200.5 and stock["mead"] == 30


def test_two_people_do_not_overwrite_each_other(editor: Editor, new_page: OpenPage) -> None:
    ana, eva = (open_editor(new_page, "places") for _ in range(2))
    ana.get_by_label("Capacity, front").fill("250")
    ana.get_by_label("Capacity, gate").fill("150")
    eva.get_by_label("Capacity, front").fill("280")
    eva.get_by_label("Title, bars").fill("Plaza")
    publish(eva)
    ana.click("#tab-publish")
    expect(ana.locator("#conflicts li")).to_have_count(1)
    expect(ana.locator("#conflicts")).to_contain_text("zones › front › capacity")
    expect(ana.locator("#conflicts")).to_contain_text("280")
    expect(ana.locator("#publish")).to_be_disabled()
    ana.click("[data-choice=mine]")
    expect(ana.locator("#conflicts")).to_have_count(0)
    publish(ana)
    zones = {zone["id"]: zone for zone in editor.versions.current().content["zones"]}
    assert (zones["front"]["capacity"], zones["gate"]["capacity"], zones["bars"]["title"]) == (250, 150, "Plaza")
    ana.reload()
    ana.click("#tab-publish")
    ana.locator("#versions button").first.click()
    expect(ana.locator("#told")).to_have_text("The earlier version is in use again.")
    wait_until(lambda: editor.versions.current().content["zones"][0]["capacity"] == 280)


def test_passwords_do_not_leave_the_server(editor: Editor, new_page: OpenPage) -> None:
    page = open_editor(new_page, "sources", viewport={"width": 390, "height": 800})
    expect(page.get_by_label("Address, gate-east")).to_have_value("rtsp://guard@10.0.0.7/gate")
    assert "hunter2" not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious_violations(page) == []
    assert "hunter2" not in page.request.get("/api/venue/file").text()
    page.get_by_label("Pictures per second, gate-east").fill("4")
    with page.expect_response("**/api/venue/check") as answer:
        expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    assert "hunter2" not in json.dumps(answer.value.json())
    publish(page)
    assert editor.camera(1)["url"] == "rtsp://guard:hunter2@10.0.0.7/gate"
