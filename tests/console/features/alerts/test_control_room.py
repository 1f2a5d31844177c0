"""The control room in real browsers: live updates, order, actions, and a lost connection."""

from __future__ import annotations

import cv2
import numpy
import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage, wait_until

pytestmark = pytest.mark.stack


def alert_keys(page) -> list[str]:
    return page.eval_on_selector_all("#alerts > li", "items => items.map(item => item.dataset.key)")


def alert_row(page, key: str):
    return page.locator(f'#alerts > li[data-key="{key}"]')


def test_new_alert_appears_worst_first(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    low = console_stack.raise_alert("stage-silent", "forest", 1, "Escenario sin sonido", "Stage without sound")
    page = open_page("ada")
    expect(alert_row(page, low.key)).to_be_visible()
    page.evaluate("document.addEventListener('alarm', () => { window.alarms = (window.alarms ?? 0) + 1 })")
    worst = console_stack.raise_alert("violence", "front-left", 0.97, "Posible pelea", "Possible fight")
    expect(alert_row(page, worst.key).locator(".what")).to_have_text("Possible fight")
    assert alert_keys(page).index(worst.key) < alert_keys(page).index(low.key)
    expect(alert_row(page, worst.key).locator(".sure")).to_have_text("97 %")
    assert page.evaluate("window.alarms") == 1
    assert "▲ Possible fight" in page.title()


def test_acknowledgement_appears_in_two_browsers(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "bar-square", 0.95, "Otra pelea", "Another fight")
    first, second = open_page("sara"), open_page("sol", locale="es-ES")
    expect(alert_row(second, alert.key).locator(".what")).to_have_text("Otra pelea")
    alert_row(first, alert.key).locator("button").click()
    # Both pages observe the row before the key is pressed, and store the time of its change.
    observer_script = """key => { const taken = document.querySelector(`#alerts > li[data-key="${key}"] .taken`);
        new MutationObserver(() => { window.seenAt ??= Date.now() })
            .observe(taken, {childList: true, characterData: true, subtree: true}); }"""
    for page in (first, second):
        page.evaluate(observer_script, alert.key)
    first.evaluate("window.pressedAt = Date.now()")
    first.keyboard.press("a")
    for page in (first, second):
        expect(alert_row(page, alert.key).locator(".taken")).to_have_text("✓ sara")
    expect(first.locator("#told")).to_have_text("Done: Acknowledge")
    pressed = first.evaluate("window.pressedAt")
    print("seen after", [page.evaluate("window.seenAt") - pressed for page in (first, second)], "ms")
    assert wait_until(lambda: console_stack.open_alert(alert.key)).acknowledged_by == "sara"


def test_alerts_after_lost_connection_are_shown_once(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    before = console_stack.raise_alert("violence", "cut-before", 0.91, "antes", "before")
    page = open_page("sara")
    expect(alert_row(page, before.key)).to_be_visible()
    page.evaluate(
        """() => { window.rows = []; new MutationObserver(changes => { for (const one of changes) for (const node of
        one.addedNodes) if (node.tagName === 'LI') window.rows.push(node.dataset.key) })
        .observe(document.getElementById('alerts'), {childList: true}) }"""
    )
    console_stack.stack.kill("console")
    missed = [console_stack.raise_alert("violence", f"cut-{number}", 0.92, "", "missed") for number in range(3)]
    with console_stack.alert_actions("sara") as act:
        act(before, "resolve")
    expect(page.locator("#connection")).to_have_class("cut")
    console_stack.stack.restart("console")
    for alert in missed:
        expect(alert_row(page, alert.key)).to_be_visible()
    expect(alert_row(page, before.key)).to_have_count(0)
    expect(page.locator("#connection")).to_have_class("live")
    after = console_stack.raise_alert("violence", "cut-after", 0.93, "", "after")
    expect(alert_row(page, after.key)).to_be_visible()
    added = page.evaluate("window.rows")
    assert sorted(added) == sorted([*(alert.key for alert in missed), after.key]), "each row once"


def test_row_in_use_does_not_move(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    focused = console_stack.raise_alert("stage-silent", "still", 1, "callado", "silent")
    page = open_page("ada")
    alert_row(page, focused.key).locator("button").focus()
    top = alert_row(page, focused.key).bounding_box()["y"]
    worse = console_stack.raise_alert("violence", "above", 0.99, "", "worse")
    expect(alert_row(page, worse.key)).to_be_attached()
    assert abs(alert_row(page, focused.key).bounding_box()["y"] - top) < 1
    assert alert_keys(page).index(worse.key) < alert_keys(page).index(focused.key)


def test_control_room_works_with_the_keyboard_alone(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    alert = console_stack.raise_alert("violence", "keyboard", 0.9, "teclas", "keys only")
    page = open_page("sara", "/?q=keyboard")
    expect(page.locator("#alerts > li")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator("#detail-title")).to_have_text("keys only")
    for key, done in (("a", "Acknowledge"), ("g", "Assign to"), ("y", "It is true")):
        page.keyboard.press(key)
        expect(page.locator("#told")).to_have_text(f"Done: {done}")
    page.keyboard.press("c")
    page.keyboard.type("Two stewards are on their way.")
    page.keyboard.press("Enter")
    expect(page.locator("#steps q")).to_have_text("Two stewards are on their way.")
    result = wait_until(lambda: (one := console_stack.open_alert(alert.key)) and one.notes and one)
    assert (result.acknowledged_by, result.assigned_to, result.verdict) == ("sara", "sara", "confirmed")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#alerts > li")).to_have_count(0)
    page.goto("/history?q=stewards")
    page.keyboard.press("Tab")
    expect(page.locator(".lives > li")).to_have_count(1)
    page.locator("summary").click()
    expect(page.locator(".lives .steps")).to_contain_text("Resolved sara")


def test_filter_is_kept_in_the_address(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.raise_alert("stage-silent", "filter", 1, "", "")
    fight = console_stack.raise_alert("violence", "filter", 0.9, "", "")
    page = open_page("ada")
    page.select_option("[name=severity]", "critical")
    page.fill("[name=q]", "filter")
    expect(page.locator("#alerts > li")).to_have_count(1)
    assert "severity=critical" in page.url
    assert "q=filter" in page.url
    page.reload()
    assert alert_keys(page) == [fight.key]
    page.goto("/")
    expect(page.locator("[name=severity]")).to_have_value("critical")
    expect(page.locator("[name=q]")).to_have_value("")
    page.select_option("[name=taken]", "me")
    expect(page.locator("#empty")).to_have_text("No alert passes the filter.")
    expect(page.locator("#filtered")).to_contain_text("open alerts are hidden by the filter")
    page.click("#show-all")
    expect(page.locator("#filtered")).to_be_hidden()
    page.goto("/")
    expect(page.locator("[name=severity]")).to_have_value("")


def test_each_severity_has_its_sound_from_the_chosen_one_on(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("ada")
    page.evaluate("window.heard = []; document.addEventListener('alarm', (event) => window.heard.push(event.detail))")
    for rule in ("stage-silent", "camera-blind", "venue-capacity", "violence"):
        alert = console_stack.raise_alert(rule, "sound", 1, "sonido", "sound")
        expect(alert_row(page, alert.key)).to_be_visible()
    assert page.evaluate("window.heard") == ["high", "critical"], "neither low nor medium"
    page.select_option("#sound-from", "medium")
    alert = console_stack.raise_alert("camera-blind", "sound2", 1, "sonido", "sound")
    expect(alert_row(page, alert.key)).to_be_visible()
    assert page.evaluate("window.heard") == ["high", "critical", "medium"]
    page.reload()
    expect(page.locator("#sound-from")).to_have_value("medium")


def test_alert_picture_is_shown_to_security_only(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    ok, picture = cv2.imencode(".jpg", numpy.full((60, 80, 3), 90, numpy.uint8))
    assert ok
    console_stack.redis.hset("pulso:evidence:p1", mapping={"content_type": "image/jpeg", "body": picture.tobytes()})
    alert = console_stack.raise_alert("violence", "picture", 0.9, "", "with a picture", evidence=("p1",))
    for name, pictures in (("sara", 1), ("pau", 0)):
        if name == "pau":  # production sees only alerts for production
            alert = console_stack.raise_alert("camera-blind", "picture", 1, "", "with a picture", evidence=("p1",))
        page = open_page(name, "/?q=picture")
        alert_row(page, alert.key).locator("button").click()
        expect(page.locator("#detail")).to_be_visible()
        expect(page.locator("#pictures img")).to_have_count(pictures)
        expect(alert_row(page, alert.key).locator(".picture img")).to_have_count(pictures)
        if pictures:
            expect(page.locator("#pictures img")).to_have_js_property("naturalWidth", 80)


def test_clip_of_a_fight_plays_in_its_row(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    clip = cv2.Animation()
    clip.frames = [numpy.full((48, 64, 4), grey, numpy.uint8) for grey in (20, 230)]
    clip.durations = [100, 100]
    ok, body = cv2.imencodeanimation(".webp", clip)
    assert ok
    console_stack.redis.hset("pulso:evidence:clip", mapping={"content_type": "image/webp", "body": body.tobytes()})
    alert = console_stack.raise_alert("violence", "clip", 0.9, "", "with a clip", evidence=("clip",))
    page = open_page("sara", "/?q=clip")
    picture = alert_row(page, alert.key).locator(".picture img")
    expect(picture).to_have_js_property("naturalWidth", 64)
    brightness = set()
    for _ in range(40):
        screenshot = cv2.imdecode(numpy.frombuffer(picture.screenshot(), numpy.uint8), cv2.IMREAD_GRAYSCALE)
        brightness.add(int(screenshot[screenshot.shape[0] // 2, screenshot.shape[1] // 2]) > 128)
    assert brightness == {True, False}, "the clip is animated"
    page.get_by_label("Still pictures").check()
    expect(picture).to_have_attribute("src", "/evidence/clip?still=1")
    expect(picture).to_have_js_property("naturalWidth", 64)
    with page.expect_response("**/evidence/clip?still=1") as response:
        page.reload()
    content = numpy.frombuffer(response.value.body(), numpy.uint8).reshape(1, -1)
    assert len(cv2.imdecodeanimation(content)[1].frames) == 1, "the picture is still after a reload"


def test_html_in_an_alert_is_shown_as_text(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    evil = '<img src=x onerror="window.hurt = 1"></script><script>window.hurt = 1</script>'
    alert = console_stack.raise_alert("violence", "evil", 0.9, evil, evil)
    page = open_page("sara", "/?q=evil")
    expect(alert_row(page, alert.key).locator(".what")).to_have_text(evil)
    page.goto("/history?q=evil")
    expect(page.locator(".what").first).to_have_text(evil)
    assert page.evaluate("window.hurt") is None
