"""Every page for every role: what it shows, in both languages, on a phone, and for people who use no mouse or eyes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from console.language import read_words
from console.server import STATIC
from processors.support.topics import read_topics
from tests.console.conftest import Enter, Festival, logged_in

pytestmark = pytest.mark.stack
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PAGES = [
    (None, "/login", "#content"),
    ("sara", "/", "#alerts > li"),
    ("bea", "/bar/north", "#fetch li"),
    ("sue", "/support", "#mails li"),
    ("pau", "/music", "#stages li"),
    ("ada", "/history", ".lives > li"),
    ("sara", "/cameras", "#wall > li"),
    ("bea", "/", "#content"),
]


def ready(page: Page, place: str) -> None:
    expect(page.locator(place).first).to_be_visible()


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("name", "path", "place"), PAGES, ids=str)
def test_axe_finds_nothing_serious(festival: Festival, enter: Enter, name: str, path: str, place: str) -> None:
    festival.raised("violence", f"axe{abs(hash((name, path))) % 1000}", 0.9, "Posible pelea", "Possible fight")
    page = enter(name, path)
    ready(page, place)
    if path == "/" and name == "sara":
        page.keyboard.press("j")
        expect(page.locator("#detail")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize(("name", "path", "place"), PAGES, ids=str)
def test_a_phone_shows_all_of_it(enter: Enter, name: str, path: str, place: str) -> None:
    page = enter(name, path, **PHONE)
    ready(page, place)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"


def test_support_shows_groups_and_the_urgent_first(enter: Enter) -> None:
    page = enter("sue", "/support?q=entrada")
    expect(page.locator("#clusters h2").first).to_have_text("entrada · código")
    expect(page.locator("#clusters .surge").first).to_have_text("5 times the usual pace")
    expect(page.locator("#mails li").first.locator(".priority")).to_have_text("Urgent")
    expect(page.locator("#mails li")).to_have_count(6)
    page.select_option("[name=priority]", "normal")
    expect(page.locator("#mails li")).to_have_count(5)
    assert "priority=normal" in page.url
    page.reload()
    expect(page.locator("#mails li")).to_have_count(5)


def test_music_shows_now_and_before(enter: Enter) -> None:
    page = enter("pau", "/music")
    expect(page.locator("strong.mood").first).to_have_text("energetic, 70 % sure")
    expect(page.locator("strong.tempo").first).to_have_text("128 beats per minute")
    assert page.locator("#stages li").first.locator(".strip-mood rect").count() == 5
    expect(page.locator(".changes li").first).to_contain_text("calm → energetic")


def test_zones_and_cameras(enter: Enter) -> None:
    page = enter("sara")
    front = page.locator('#zones li[data-key="front"]')
    expect(front.locator(".persons")).to_have_text("310")
    expect(front.locator(".of")).to_have_text("103 % of 300")
    expect(front.locator(".level")).to_have_text("Level F")
    expect(page.locator('#cameras li[data-key="gate-east"]')).to_contain_text("gate-east")


def test_the_plan_shows_levels_gates_and_who_is_blind_and_nothing_moves(festival: Festival, enter: Enter) -> None:
    festival.evening()
    page = enter("sara")
    plan = page.locator("#plan .plan")
    expect(plan.locator("text.level.level-F")).to_have_text("F")
    expect(plan.locator("text.told.level-F")).to_have_text("3.1/m² · 103 %")
    expect(plan.locator(".camera.blind .camera-told").first).to_be_visible()
    expect(plan).to_have_attribute("aria-label", re.compile("Delante del escenario principal: Level F"))
    places = """() => [...document.querySelectorAll('#zones li, #plan polygon.ground, #list')]
        .map(element => element.getBoundingClientRect().top)"""
    before = page.evaluate(places)
    festival.evening()
    festival.raised("violence", "front-left", 0.9, "Posible pelea", "Possible fight")
    expect(plan.locator(".alarm.on")).to_have_count(1)
    assert page.evaluate(places) == before
    seen = enter("sara", "/cameras")
    expect(seen.locator("#plan .plan text.level.level-F")).to_have_text("F")
    expect(seen.locator('#wall > li[data-key="front-left"] .seen')).to_contain_text("310 of 300")
    expect(seen.locator('#wall > li[data-key="gate-east"] .blind')).to_have_text("blind (black)")


def test_the_language_is_the_browsers_or_chosen(enter: Enter) -> None:
    page = enter("sue", "/support", locale="es-ES")
    expect(page.locator("h1")).to_have_text("Lo que preguntan")
    assert page.locator("html").get_attribute("lang") == "es"
    page.click("a.language")
    expect(page.locator("h1")).to_have_text("What people ask")
    assert page.url.endswith("/support")


def test_times_are_the_venues(festival: Festival, enter: Enter) -> None:
    alert = festival.raised("violence", "clock", 0.9, "reloj", "clock")
    page = enter("sara", timezone_id="Asia/Tokyo")
    from zoneinfo import ZoneInfo

    madrid = alert.raised_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%H:%M:%S")
    expect(page.locator(f'#alerts > li[data-key="{alert.key}"] .since')).to_have_text(madrid)


def test_every_word_of_the_scripts_has_both_languages() -> None:
    import re

    words = read_words()["en"]
    for script in STATIC.glob("*.js"):
        for name in re.findall(r'\bt\("([^"]+)"', script.read_text(encoding="utf-8")):
            assert name in words, f"{script.name}: {name}"
    topics = read_topics(STATIC.parents[1] / "deploy" / "support" / "topics.yaml")
    assert all(set(topic.names) == {"es"} for topic in topics.values()), "the example's topics have a Spanish name"


def test_the_camera_wall_shows_masked_pictures_and_reads_only_while_somebody_looks(
    festival: Festival, enter: Enter
) -> None:
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
