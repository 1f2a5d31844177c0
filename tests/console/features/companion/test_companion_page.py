"""The companion on a phone: programme, plan, map, queues, assistant and taste; without a network; in two languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from processors.festival.sections import sets_of
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.ids import CameraId, EventId, QueueId, ZoneId
from schemas.itinerary import PLANS, ItineraryWishes
from schemas.programme import PROGRAMME, PROGRAMME_SETS
from schemas.queues import QUEUE_WAITS, QueueWait
from schemas.recommendations import TasteEvent
from schemas.routes import PATH_STATES, PathState
from tests.console.conftest import BROWSER_TIMEOUT_MS, watched_pages
from tests.console.features.companion.conftest import Companion
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True, "locale": "en-GB"}
SECTIONS = ("programme", "plan", "map", "queues", "ask", "you", "changes")
OpenPhone = Callable[..., Page]

ICON_WIDTH = "(src) => fetch(src).then((one) => one.blob()).then(createImageBitmap).then((one) => one.width)"
LAYOUT_SHIFT = """() => new Promise((resolve) => {
    setTimeout(() => resolve(0), 500);
    new PerformanceObserver((list) => resolve(list.getEntries().reduce((sum, one) => sum + one.value, 0)))
        .observe({type: "layout-shift", buffered: true});
})"""


@pytest.fixture
def open_phone(chromium: Browser, companion: Companion) -> Iterator[OpenPhone]:
    """Return a function that opens a page on a phone of its own; errors and files that do not load fail the test."""
    with watched_pages(chromium, companion.url) as (new_page, errors):

        def open_(path: str = "/companion", **options: Any) -> Page:
            page = new_page(**PHONE | options)
            page.on(
                "response", lambda got: errors.append(f"{got.status} {got.url}") if got.status in (404, 500) else None
            )
            page.goto(path)
            return page

        yield open_


def open_section(page: Page, name: str) -> None:
    page.click(f'[data-section="{name}"]')
    expect(page.locator(f"#section-{name}")).to_be_visible()


def wish_for(page: Page, name: str) -> None:
    """Add an act to the wishes; a search looks at all days."""
    open_section(page, "programme")
    page.fill("#find", name)
    expect(page.locator("#sets > li")).to_have_count(1)
    page.click("#sets .wish")
    page.fill("#find", "")


def make_plan(page: Page) -> None:
    """Plan an afternoon with Rea at the southern stage in a wheelchair."""
    wish_for(page, "rea")
    open_section(page, "plan")
    page.select_option("[name=origin]", "gate")
    page.select_option("#plan-form [name=mobility]", "wheelchair")
    page.click("#plan-form button.main")
    expect(page.locator("#plan-form .outcome")).to_have_text("Your plan is ready.")


def poll(page: Page) -> None:
    """Let the page ask at once, as it does when the network is back, not within ten seconds."""
    page.evaluate("dispatchEvent(new Event('online'))")


def test_programme_shows_what_is_on_and_finds_acts_of_all_days(open_phone: OpenPhone) -> None:
    page = open_phone()
    expect(page.locator("#sets > li h2")).to_have_text(["Lume Alto"])
    page.fill("#find", "zarza")
    expect(page.locator("#sets > li h2")).to_have_text(["Zarza"])
    expect(page.locator("#network")).to_have_text("Live")


def test_plan_is_in_order_step_free_and_never_changes_by_itself(companion: Companion, open_phone: OpenPhone) -> None:
    page = open_phone()
    make_plan(page)
    expect(page.locator("#stops > li h2")).to_have_text(["Walk to south stage", "Rea"])
    expect(page.locator("#stops .walk .where")).to_have_text("360 m")  # the shorter way has stairs
    wishes = [one for one in companion.workers.records if isinstance(one, ItineraryWishes)]
    assert wishes[-1].mobility == "wheelchair"
    rea = next(one for one in sets_of(companion.venue.section(PROGRAMME)) if one.id == "rea-1")
    companion.send(PROGRAMME_SETS, msgspec.structs.replace(rea, status="cancelled"))
    poll(page)
    try:
        expect(page.locator("#broken")).to_contain_text(
            "It stays as it is until you take a new one or plan again.", timeout=BROWSER_TIMEOUT_MS
        )
        expect(page.locator("#stops .stop.broken .changed")).to_have_text("Cancelled.")
        expect(page.locator("#stops > li h2")).to_have_text(["Walk to south stage", "Rea"])
        companion.workers.book.set_set(msgspec.structs.replace(rea, status="cancelled"))
        page.click("#broken button")
        expect(page.locator("#plan-made")).to_contain_text("you walk 0 m")
        expect(page.locator("#broken button")).to_have_count(0)
        open_section(page, "changes")
        expect(page.locator("#changes h2")).to_have_text(["Rea"])
    finally:
        companion.workers.book.set_set(rea)
        companion.send(PROGRAMME_SETS, rea)


def test_alternative_is_shown_beside_the_plan_and_taken_only_by_a_press(
    companion: Companion, open_phone: OpenPhone
) -> None:
    page = open_phone()
    make_plan(page)
    wishes = [one for one in companion.workers.records if isinstance(one, ItineraryWishes)][-1]
    plan = companion.workers.book.plan(wishes, wishes.begin)
    rea = next(one for one in sets_of(companion.venue.section(PROGRAMME)) if one.id == "rea-1")
    later = msgspec.structs.replace(
        rea, status="moved", begin=rea.begin + timedelta(minutes=30), end=rea.end + timedelta(minutes=30)
    )
    companion.workers.book.set_set(later)
    made = companion.workers.book.plan(wishes, wishes.begin)
    kept = page.evaluate("JSON.parse(localStorage['pulso-companion-plan']).event_id")
    offer = msgspec.structs.replace(made, event_id=EventId("offer-1"), offer=True, cause="set_moved", replaces=kept)
    companion.workers.offers["offer-1"] = offer
    try:
        companion.send(PLANS, offer)
        companion.send(PROGRAMME_SETS, later)
        poll(page)
        expect(page.locator("#broken")).to_contain_text(
            re.compile(r"Rea is now at \d\d:\d\d, south stage. Your plan still says"), timeout=BROWSER_TIMEOUT_MS
        )
        expect(page.locator("#broken .offer h2")).to_have_text("New plan from now on", timeout=BROWSER_TIMEOUT_MS)
        expect(page.locator("#broken .offer li")).to_contain_text("Rea, south stage")
        assert page.evaluate("JSON.parse(localStorage['pulso-companion-plan']).event_id") == kept
        assert serious_violations(page) == []
        page.click("#broken .keep")
        expect(page.locator("#broken .offer")).to_have_count(0)
        expect(page.locator("#broken .stays")).to_be_visible()
        page.evaluate("localStorage.removeItem('pulso-companion-offer')")
        page.reload()
        page.click("#broken .take")
        expect(page.locator("#broken .stays")).to_have_count(0)
        assert page.evaluate("JSON.parse(localStorage['pulso-companion-plan']).event_id") == "offer-1"
        assert plan.stops[0].begin != made.stops[0].begin
    finally:
        companion.workers.book.set_set(rea)
        companion.send(PROGRAMME_SETS, rea)


@pytest.mark.parametrize("locale", ["en-GB", "es-ES"])
def test_friends_wishes_come_by_a_link_and_make_one_plan_that_stays_without_network(
    companion: Companion, open_phone: OpenPhone, locale: str
) -> None:
    ana = open_phone()
    wish_for(ana, "tambo")
    open_section(ana, "plan")
    ana.check("#wishes input")
    ana.select_option("#plan-form [name=mobility]", "wheelchair")
    ana.click("#share-wishes")
    link = ana.locator("#my-link").input_value()
    assert "Ana" not in link
    page = open_phone(link, locale=locale)
    expect(page.locator("#opened .acts")).to_contain_text("Tambo Norte")
    assert page.url.endswith("#plan")
    page.fill("#opened input", "Ana")
    page.click("#opened .take")
    expect(page.locator("#friends h3")).to_have_text(["Ana"])
    page.click("#add-friend")
    page.locator("#friends .more").last.select_option("rea")
    expect(page.locator("#friends > li").last.locator(".wishes b")).to_have_text(["Rea"])
    wish_for(page, "rea")
    open_section(page, "plan")
    page.select_option("[name=origin]", "gate")
    page.click("#plan-form button.main")
    expect(page.locator("#stops .stop h2")).to_have_text(["Rea", "Tambo Norte"])
    asked = [one for one in companion.workers.records if isinstance(one, ItineraryWishes)][-1]
    assert [(one.must_see, dict(one.utilities), one.mobility) for one in asked.friends] == [
        (("tambo",), {}, "wheelchair"), ((), {"rea": 1.0}, "none"),
    ]  # fmt: skip
    assert "Ana" not in msgspec.json.encode(asked).decode()
    page.context.set_offline(True)
    expect(page.locator("html[data-kept]")).to_be_attached()
    page.reload()
    open_section(page, "plan")
    who = {"en-GB": ["Wish of: You, Friend 2", "Wish of: Ana: must see"],
           "es-ES": ["Deseo de: Tú, Amigo 2", "Deseo de: Ana: imprescindible"]}  # fmt: skip
    expect(page.locator("#stops .stop .who")).to_have_text(who[locale])
    expect(page.locator("#together")).to_contain_text("gate")
    expect(page.locator("#together")).to_contain_text({"en-GB": "Ana: 1 of 1", "es-ES": "Ana: 1 de 1"}[locale])
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "companion_" not in page.locator("body").inner_text(), "a word is missing"
    page.context.set_offline(False)
    page.fill("#friend-code", "https://example.org/#nothing")
    page.press("#friend-code", "Tab")
    expect(page.locator("#friends-outcome")).to_have_text(re.compile("no link|no es un enlace"))
    open_section(page, "you")
    page.click("#forget")
    assert "pulso-companion-friends" not in page.evaluate("Object.keys(localStorage)")


def test_phone_without_network_shows_plan_map_programme_and_answers(
    companion: Companion, open_phone: OpenPhone
) -> None:
    page = open_phone()
    make_plan(page)
    expect(page.locator("html[data-kept]")).to_be_attached()
    open_section(page, "map")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#network")).to_contain_text("No network: data from")
    expect(page.locator("#map .kind-stage")).to_have_count(2)
    open_section(page, "plan")
    expect(page.locator("#stops > li h2")).to_have_text(["Walk to south stage", "Rea"])
    page.click("#plan-form button.main")
    expect(page.locator("#plan-form .outcome")).to_have_text("Not sent: no network. Try again.")
    expect(page.locator("#stops > li h2")).to_have_text(["Walk to south stage", "Rea"])
    open_section(page, "programme")
    page.fill("#find", "zarza")
    expect(page.locator("#sets > li h2")).to_have_text(["Zarza"])
    open_section(page, "ask")
    page.fill("[name=question]", "Where is water?")
    page.press("[name=question]", "Enter")
    expect(page.locator(".question .outcome")).to_contain_text("Not sent")
    expect(page.locator("[name=question]")).to_have_value("Where is water?")
    page.context.set_offline(False)
    page.press("[name=question]", "Enter")
    expect(page.locator(".thread .machine .said")).to_have_text("0 before: Where is water?")


def test_forget_me_waits_for_the_network_and_is_sent(companion: Companion, open_phone: OpenPhone) -> None:
    page = open_phone()
    make_plan(page)
    open_section(page, "you")
    page.click("#recommend")
    expect(page.locator("#recommended h2").first).to_have_text("Rea")
    expect(page.locator("#recommended .why").first).to_have_text("because it is like Lume Alto")
    expect(page.locator("#recommended .songs").first).to_have_text("To hear before you go: “Nana”")
    expect(page.locator("#festivals > li")).to_contain_text("Rea plays there (which you like), and Duna.")
    assert serious_violations(page) == []
    page.click("#festivals .not")
    expect(page.locator("#festivals-title")).to_be_hidden()
    page.click("#recommended .not >> nth=0")
    expect(page.locator("#recommended h2")).to_have_text(["Tambo Norte"])
    page.context.set_offline(True)
    page.click("#forget")
    expect(page.locator("#forget-outcome")).to_contain_text("Forgotten on this phone.")
    names = page.evaluate("Object.keys(localStorage)")
    assert {"pulso-companion-token", "pulso-companion-plan", "pulso-companion-wishes"}.isdisjoint(names)
    before = len(companion.workers.records)
    page.context.set_offline(False)
    expect(page.locator("#forget-outcome")).to_have_text("Forgotten, here and on the server.")
    sent = companion.workers.records[before:]
    assert [one.forget for one in sent if isinstance(one, ItineraryWishes)] == [True]
    assert [one.kind for one in sent if isinstance(one, TasteEvent)] == ["forget"]
    assert page.context.cookies() == []


def test_map_says_crowding_in_words_and_finds_a_way_without_steps(companion: Companion, open_phone: OpenPhone) -> None:
    now = datetime.now(UTC)
    zone = ZoneCount(zone=ZoneId("yard"), persons=490, level_of_service="D")
    companion.send(CROWD, CrowdCount(
        event_id=EventId("c1"), camera=CameraId("cam"), time=now, persons=490, zones=(zone,), model="test",
    ))  # fmt: skip
    page = open_phone("/companion#map")
    expect(page.locator("#crowding li")).to_have_text(["North stage not known", "Yard full: go elsewhere"])
    page.select_option("#route-form [name=start]", "gate")
    page.select_option("#route-form [name=end]", "nearest:toilet")
    page.select_option("#route-form [name=mobility]", "wheelchair")
    page.click("#route-form button.main")
    expect(page.locator("#route-form .outcome")).to_contain_text("To easy toilet: 280 m")
    expect(page.locator("#way li").last).to_have_text("easy toilet (60 m, paved)")
    assert page.locator("#map .way").get_attribute("points")
    covered = page.locator("#map .covered")
    page.click("#map-larger")
    page.click("#map-larger")
    expect(covered).to_have_count(0)  # what others cover is seen where the map is made larger
    page.select_option("#route-form [name=end]", "tower")
    page.click("#route-form button.main")
    expect(page.locator("#route-form .outcome")).to_contain_text("Call 600.")
    companion.send(PATH_STATES, PathState(start="square", end="tap", time=now, state="closed", by="test"))
    poll(page)
    expect(page.locator("#map .path.closed")).to_have_count(1, timeout=BROWSER_TIMEOUT_MS)
    companion.send(PATH_STATES, PathState(start="square", end="tap", time=datetime.now(UTC), state="open", by="test"))


def test_queues_are_shortest_first_and_say_what_is_not_known(companion: Companion, open_phone: OpenPhone) -> None:
    now = datetime.now(UTC)
    for name, minutes, age in (("slow", 14.0, 0), ("fast", 3.0, 0), ("dark", 1.0, 600)):
        wait = QueueWait(
            event_id=EventId(name), queue=QueueId(name), time=now, persons=9, wait_minutes=minutes,
            wait_low_minutes=minutes - 1, wait_high_minutes=minutes + 2,
        )  # fmt: skip
        companion.send(QUEUE_WAITS, wait, age_seconds=age)
    page = open_phone("/companion#queues")
    expect(page.locator("#queues h2")).to_have_text(["Short bar", "Long bar", "Dark bar"])
    expect(page.locator("#queues .wait")).to_have_text(
        ["about 3 min (2 to 5)", "about 14 min (13 to 16)", "not known at the moment"]
    )


def test_ask_keeps_the_thread_and_says_when_people_take_over(open_phone: OpenPhone) -> None:
    page = open_phone("/ask")
    expect(page.locator(".notice")).to_contain_text("automatic assistant, not a person")
    for question in ("When is Rea?", "I lost my bag"):
        page.fill("[name=question]", question)
        page.press("[name=question]", "Enter")
        expect(page.locator(".thread .mine .said").last).to_have_text(question)
    expect(page.locator(".thread .machine .said").last).to_have_text("1 before: I lost my bag")
    expect(page.locator(".handover")).to_have_text("Passed on to people at the support desk.")
    page.reload()
    expect(page.locator(".thread .mine")).to_have_count(2)
    assert serious_violations(page) == []
    kiosk = page.context.new_page()
    kiosk.goto("/ask?kiosk=1")
    expect(kiosk.locator(".notice")).to_be_visible()
    assert kiosk.locator(".thread .mine").count() == 0


@pytest.mark.parametrize(("locale", "title"), [("en-GB", "Programme"), ("es-ES", "Programa")])
def test_page_is_accessible_still_and_complete(open_phone: OpenPhone, locale: str, title: str) -> None:
    page = open_phone(locale=locale)
    expect(page.locator("#section-programme h1")).to_have_text(title)
    expect(page.locator("#sets > li").first).to_be_visible()
    for name in SECTIONS:
        open_section(page, name)
        assert serious_violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    unloaded = page.evaluate(
        "[...document.images].filter((one) => !one.complete || !one.naturalWidth).map((one) => one.src)"
    )
    assert unloaded == []
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((one) => one.json())")
    assert manifest["lang"] == locale[:2]
    for icon in manifest["icons"]:
        size = page.evaluate(
            "(src) => fetch(src).then((one) => one.blob()).then(createImageBitmap).then((one) => one.width)",
            icon["src"],
        )
        assert f"{size}x{size}" == icon["sizes"]
    words = page.locator("body").inner_text()
    assert "companion_" not in words, "a word is missing"


def test_nothing_moves_while_the_page_loads(open_phone: OpenPhone) -> None:
    page = open_phone("/ask")
    page.goto("/companion")
    expect(page.locator("#network")).to_have_text("Live")
    assert page.evaluate(LAYOUT_SHIFT) < 0.05
