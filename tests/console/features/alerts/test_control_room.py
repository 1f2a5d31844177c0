"""The control room in real browsers: live updates, order, actions, and a lost connection."""

from __future__ import annotations

import cv2
import numpy
import pytest
from playwright.sync_api import expect

from tests.console.conftest import Enter, Festival, wait

pytestmark = pytest.mark.stack


def keys(page) -> list[str]:
    return page.eval_on_selector_all("#alerts > li", "items => items.map(item => item.dataset.key)")


def row(page, key: str):
    return page.locator(f'#alerts > li[data-key="{key}"]')


def test_new_alert_appears_worst_first(festival: Festival, enter: Enter) -> None:
    low = festival.raised("stage-silent", "forest", 1, "Escenario sin sonido", "Stage without sound")
    page = enter("ada")
    expect(row(page, low.key)).to_be_visible()
    page.evaluate("document.addEventListener('alarm', () => { window.alarms = (window.alarms ?? 0) + 1 })")
    worst = festival.raised("violence", "front-left", 0.97, "Posible pelea", "Possible fight")
    expect(row(page, worst.key).locator(".what")).to_have_text("Possible fight")
    assert keys(page).index(worst.key) < keys(page).index(low.key)
    expect(row(page, worst.key).locator(".sure")).to_have_text("97 %")
    assert page.evaluate("window.alarms") == 1
    assert "▲ Possible fight" in page.title()


def test_acknowledgement_appears_in_two_browsers(festival: Festival, enter: Enter) -> None:
    alert = festival.raised("violence", "bar-square", 0.95, "Otra pelea", "Another fight")
    first, second = enter("sara"), enter("sol", locale="es-ES")
    expect(row(second, alert.key).locator(".what")).to_have_text("Otra pelea")
    row(first, alert.key).locator("button").click()
    # Both wait for the row to change before the key is pressed, and note when it does.
    watch = """key => { const taken = document.querySelector(`#alerts > li[data-key="${key}"] .taken`);
        new MutationObserver(() => { window.seenAt ??= Date.now() })
            .observe(taken, {childList: true, characterData: true, subtree: true}); }"""
    for page in (first, second):
        page.evaluate(watch, alert.key)
    first.evaluate("window.pressedAt = Date.now()")
    first.keyboard.press("a")
    for page in (first, second):
        expect(row(page, alert.key).locator(".taken")).to_have_text("✓ sara")
    expect(first.locator("#told")).to_have_text("Done: Acknowledge")
    pressed = first.evaluate("window.pressedAt")
    print("seen after", [page.evaluate("window.seenAt") - pressed for page in (first, second)], "ms")
    assert wait(lambda: festival.open(alert.key)).acknowledged_by == "sara"


def test_alerts_after_a_cut_are_complete_and_each_once(festival: Festival, enter: Enter) -> None:
    before = festival.raised("violence", "cut-before", 0.91, "antes", "before")
    page = enter("sara")
    expect(row(page, before.key)).to_be_visible()
    page.evaluate(
        """() => { window.rows = []; new MutationObserver(changes => { for (const one of changes) for (const node of
        one.addedNodes) if (node.tagName === 'LI') window.rows.push(node.dataset.key) })
        .observe(document.getElementById('alerts'), {childList: true}) }"""
    )
    festival.stack.kill("console")
    missed = [festival.raised("violence", f"cut-{number}", 0.92, "", "missed") for number in range(3)]
    with festival.acting("sara") as act:
        act(before, "resolve")
    expect(page.locator("#connection")).to_have_class("cut")
    festival.stack.restart("console")
    for alert in missed:
        expect(row(page, alert.key)).to_be_visible()
    expect(row(page, before.key)).to_have_count(0)
    expect(page.locator("#connection")).to_have_class("live")
    after = festival.raised("violence", "cut-after", 0.93, "", "after")
    expect(row(page, after.key)).to_be_visible()
    added = page.evaluate("window.rows")
    assert sorted(added) == sorted([*(alert.key for alert in missed), after.key]), "each once"


def test_row_in_use_does_not_move(festival: Festival, enter: Enter) -> None:
    mine = festival.raised("stage-silent", "still", 1, "callado", "silent")
    page = enter("ada")
    row(page, mine.key).locator("button").focus()
    top = row(page, mine.key).bounding_box()["y"]
    worse = festival.raised("violence", "above", 0.99, "", "worse")
    expect(row(page, worse.key)).to_be_attached()
    assert abs(row(page, mine.key).bounding_box()["y"] - top) < 1
    assert keys(page).index(worse.key) < keys(page).index(mine.key)


def test_control_room_works_with_the_keyboard_alone(festival: Festival, enter: Enter) -> None:
    alert = festival.raised("violence", "keyboard", 0.9, "teclas", "keys only")
    page = enter("sara", "/?q=keyboard")
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
    stands = wait(lambda: (one := festival.open(alert.key)) and one.notes and one)
    assert (stands.acknowledged_by, stands.assigned_to, stands.verdict) == ("sara", "sara", "confirmed")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#alerts > li")).to_have_count(0)
    page.goto("/history?q=stewards")
    page.keyboard.press("Tab")
    expect(page.locator(".lives > li")).to_have_count(1)
    page.locator("summary").click()
    expect(page.locator(".lives .steps")).to_contain_text("Resolved sara")


def test_filter_is_kept_in_the_address(festival: Festival, enter: Enter) -> None:
    festival.raised("stage-silent", "filter", 1, "", "")
    fight = festival.raised("violence", "filter", 0.9, "", "")
    page = enter("ada")
    page.select_option("[name=severity]", "critical")
    page.fill("[name=q]", "filter")
    expect(page.locator("#alerts > li")).to_have_count(1)
    assert "severity=critical" in page.url
    assert "q=filter" in page.url
    page.reload()
    assert keys(page) == [fight.key]
    page.select_option("[name=taken]", "me")
    expect(page.locator("#empty")).to_have_text("No alert passes the filter.")


def test_alert_picture_is_shown_to_security_only(festival: Festival, enter: Enter) -> None:
    ok, picture = cv2.imencode(".jpg", numpy.full((60, 80, 3), 90, numpy.uint8))
    assert ok
    festival.redis.hset("pulso:evidence:p1", mapping={"content_type": "image/jpeg", "body": picture.tobytes()})
    alert = festival.raised("violence", "picture", 0.9, "", "with a picture", evidence=("p1",))
    for name, pictures in (("sara", 1), ("pau", 0)):
        if name == "pau":  # production sees it when it is for production
            alert = festival.raised("camera-blind", "picture", 1, "", "with a picture", evidence=("p1",))
        page = enter(name, "/?q=picture")
        row(page, alert.key).locator("button").click()
        expect(page.locator("#detail")).to_be_visible()
        expect(page.locator("#pictures img")).to_have_count(pictures)
        expect(row(page, alert.key).locator(".picture img")).to_have_count(pictures)
        if pictures:
            expect(page.locator("#pictures img")).to_have_js_property("naturalWidth", 80)


def test_clip_of_a_fight_plays_in_its_row(festival: Festival, enter: Enter) -> None:
    clip = cv2.Animation()
    clip.frames = [numpy.full((48, 64, 4), grey, numpy.uint8) for grey in (20, 230)]
    clip.durations = [100, 100]
    ok, body = cv2.imencodeanimation(".webp", clip)
    assert ok
    festival.redis.hset("pulso:evidence:clip", mapping={"content_type": "image/webp", "body": body.tobytes()})
    alert = festival.raised("violence", "clip", 0.9, "", "with a clip", evidence=("clip",))
    page = enter("sara", "/?q=clip")
    picture = row(page, alert.key).locator(".picture img")
    expect(picture).to_have_js_property("naturalWidth", 64)
    seen = set()
    for _ in range(40):
        shot = cv2.imdecode(numpy.frombuffer(picture.screenshot(), numpy.uint8), cv2.IMREAD_GRAYSCALE)
        seen.add(int(shot[shot.shape[0] // 2, shot.shape[1] // 2]) > 128)
    assert seen == {True, False}, "it moves"
    page.get_by_label("Still pictures").check()
    expect(picture).to_have_attribute("src", "/evidence/clip?still=1")
    expect(picture).to_have_js_property("naturalWidth", 64)
    with page.expect_response("**/evidence/clip?still=1") as answered:
        page.reload()
    shown = numpy.frombuffer(answered.value.body(), numpy.uint8).reshape(1, -1)
    assert len(cv2.imdecodeanimation(shown)[1].frames) == 1, "it stands still, also after the page was opened again"


def test_html_in_an_alert_is_shown_as_text(festival: Festival, enter: Enter) -> None:
    evil = '<img src=x onerror="window.hurt = 1"></script><script>window.hurt = 1</script>'
    alert = festival.raised("violence", "evil", 0.9, evil, evil)
    page = enter("sara", "/?q=evil")
    expect(row(page, alert.key).locator(".what")).to_have_text(evil)
    page.goto("/history?q=evil")
    expect(page.locator(".what").first).to_have_text(evil)
    assert page.evaluate("window.hurt") is None
