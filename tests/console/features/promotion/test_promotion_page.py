"""Campaigns in a browser: production proposes and approves a variant, reads results; a phone sees and responds."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from processors.promotion.campaign import CampaignRow
from schemas.promotion import (
    PROMOTION_ACTIONS,
    PROMOTION_CAMPAIGNS,
    PROMOTION_EVENTS,
    CampaignState,
    PromotionAction,
    PromotionEvent,
)
from stream.runtime.topic_reader import read_all
from tests.console.conftest import ConsoleStack, OpenPage, wait_until
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)


def keep_picture(page: Page, name: str) -> None:
    """Save a picture of the page where the environment names a folder for it."""
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def drawn() -> bytes:
    """Return a picture: rings on a ground of one colour."""
    pixels = np.full((400, 900, 3), (90, 50, 20), np.uint8)
    for radius in range(40, 400, 60):
        cv2.circle(pixels, (450, 200), radius, (60, 190, 240), 8)
    return cv2.imencode(".png", pixels)[1].tobytes()


class Campaigns:
    """Plays the worker: applies the actions that the console wrote, and sends the state."""

    def __init__(self, stack: ConsoleStack) -> None:
        self._stack = stack
        self.rows: dict[str, CampaignRow] = {}
        self._seen = len(self._actions())
        self._number = 0

    def _actions(self) -> list[PromotionAction]:
        values = [message.value() for message in read_all(self._stack.stack.settings, PROMOTION_ACTIONS.name)]
        return [msgspec.json.decode(value, type=PromotionAction) for value in values if value]

    def apply_next(self) -> str:
        """Apply the next action and return its campaign."""
        action = wait_until(lambda: next(iter(self._actions()[self._seen :]), None))
        self._seen += 1
        self.rows.setdefault(action.campaign, CampaignRow()).act(action)
        self.send(action.campaign)
        return str(action.campaign)

    def send(self, campaign: str, change: Callable[[CampaignRow], None] = lambda _row: None) -> CampaignState:
        row = self.rows[campaign]
        change(row)
        self._number += 1
        name = f"promotion-{campaign}-{self._number}"
        state = row.state(campaign, name, datetime.now(UTC))  # type: ignore[arg-type]
        self._stack.send_result(PROMOTION_CAMPAIGNS, campaign, state, name)
        return state


def show_many(row: CampaignRow) -> None:
    """Count an evening's showings of the approved variants."""
    random = np.random.default_rng(4)
    names = [one.id for one in row.variants if one.approved_by]
    for number in range(900):
        taste = ["rock", "indie", ""][number % 3]
        place = int(random.random() < (0.8 if taste == "rock" else 0.3))
        propensity = (0.8 if place else 0.2) if taste == "rock" else (0.3 if place else 0.7)
        event = PromotionEvent(
            showing=str(number), campaign="c", kind="shown", variant=names[place % len(names)], taste=taste,
            propensity=propensity, variants=len(names), time=NOW + timedelta(seconds=number),
        )  # type: ignore[arg-type]  # fmt: skip
        row.count(event)
        if random.random() < (0.2 if place == (taste == "rock") else 0.06):
            row.count(msgspec.structs.replace(event, kind="response"))


def add(page: Page, es: str, en: str, picture: bytes | None = None) -> None:
    if page.locator(".adding").first.get_attribute("open") is None:
        page.locator(".adding summary").first.click()
    form = page.locator("form.add").first
    form.locator("[name=es]").fill(es)
    form.locator("[name=en]").fill(en)
    if picture is not None:
        form.locator("[name=picture]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})
        form.locator("[name=picture_es]").fill("Anillos amarillos")
        form.locator("[name=picture_en]").fill("Yellow rings")
    form.locator("button").click()


def test_variant_is_proposed_approved_shown_and_responded_to(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    worker = Campaigns(console_stack)
    page = open_page("pau", "/promotion")
    page.fill("#begin [name=title]", "Summer night")
    page.get_by_role("button", name="Begin campaign").click()
    campaign = worker.apply_next()
    expect(page.locator(".campaign h2").first).to_have_text("Summer night")
    add(page, "Ven al faro", "Come to the lighthouse", drawn())
    worker.apply_next()
    add(page, "El faro brilla", "The lighthouse shines")
    worker.apply_next()
    for number in (1, 2):
        page.locator(".campaign").first.locator("[data-kind=approve]:visible").first.click()
        worker.apply_next()
        expect(page.locator(".variants > li.approved")).to_have_count(number)
    expect(page.locator(".variants .status").first).to_have_text("Approved: is shown")
    expect(page.locator(".variants .who").first).to_contain_text("approved by pau")
    (_, entry), *_ = console_stack.redis.xrevrange("pulso:audit", count=1)
    assert (entry[b"who"], entry[b"what"]) == (b"pau", b"promotion-approve")

    phone = open_page(None, "/companion?language=en#you", **PHONE)
    expect(phone.locator("#promotion .message")).to_contain_text("lighthouse")
    phone.get_by_role("button", name="I am interested").click()
    expect(phone.locator("#promotion .respond")).to_have_text("Thank you")
    assert serious_violations(phone) == []
    keep_picture(phone, "promotion-phone")
    events = [message.value() or b"" for message in read_all(console_stack.stack.settings, PROMOTION_EVENTS.name)]
    kinds = [msgspec.json.decode(value, type=PromotionEvent).kind for value in events if campaign.encode() in value]
    assert kinds[-1] == "response"
    assert "shown" in kinds

    worker.send(campaign, show_many)
    expect(page.locator(".sums").first).to_contain_text("900 showings")
    page.locator(".tastes summary").first.click()
    expect(page.locator(".by-taste").first).to_contain_text("none declared")
    assert serious_violations(page) == []
    page.evaluate("document.querySelector('.adding').open = false")
    keep_picture(page, "promotion-en")

    narrow = open_page("pau", "/promotion", **(PHONE | {"locale": "es-ES"}))
    expect(narrow.locator(".variants .status").first).to_have_text("Aprobada: se muestra")
    assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"
    assert serious_violations(narrow) == []
    keep_picture(narrow, "promotion-es")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".campaign").first.get_by_role("button", name="End campaign").click()
    worker.apply_next()
    expect(page.locator(".campaign").first.locator(".made")).to_contain_text("Ended")
    expect(page.locator(".campaign").first.locator(".ending")).to_be_hidden()
