"""Zones and the plan in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.console.conftest import ConsoleStack, OpenPage

pytestmark = pytest.mark.stack


def test_control_room_shows_zones_and_cameras(open_page: OpenPage) -> None:
    page = open_page("sara")
    front = page.locator('#zones li[data-key="front"]')
    expect(front.locator(".share-of")).to_have_text("103 %")
    expect(front.locator(".persons")).to_have_text("310 of 300")
    expect(front.locator(".level")).to_have_text("Level F, standing")
    expect(page.locator('#cameras li[data-key="gate-east"]')).to_contain_text("gate-east")


def test_plan_shows_levels_and_blind_cameras_without_moving(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_evening()
    page = open_page("sara")
    plan = page.locator("#plan .plan")
    expect(plan.locator("text.share.level-F")).to_have_text("103 %")
    expect(plan.locator("text.told.level-F")).to_have_text("F · 3.1/m²")
    expect(plan.locator(".camera.blind .camera-told").first).to_be_visible()
    expect(plan).to_have_attribute("aria-label", re.compile("Delante del escenario principal: 103 %, Level F"))
    positions_script = """() => [...document.querySelectorAll('#zones li, #plan polygon.ground, #list')]
        .map(element => element.getBoundingClientRect().top)"""
    before = page.evaluate(positions_script)
    console_stack.send_evening()
    console_stack.raise_alert("violence", "front-left", 0.9, "Posible pelea", "Possible fight")
    expect(plan.locator(".alarm.on")).to_have_count(1)
    assert page.evaluate(positions_script) == before
    wall = open_page("sara", "/cameras")
    expect(wall.locator("#plan .plan text.share.level-F")).to_have_text("103 %")
    expect(wall.locator('#wall > li[data-key="front-left"] .seen')).to_contain_text("310 of 300")
    expect(wall.locator('#wall > li[data-key="gate-east"] .blind')).to_have_text("blind (black)")
