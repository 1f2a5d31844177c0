"""The check of an account in a browser, in two languages; nothing of it is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.console.conftest import ConsoleStack, OpenPage
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack

SAMPLE = "followers,following,posts\n" + "500,400,60\n" * 160 + "3,3000,0\n" * 40
DAYS = [(day, 9_000 if day == 5 else 300 + day) for day in range(1, 11)]
POSTS = "time,likes,comments\n" + "".join(f"2026-06-{day:02d},{likes},5\n" for day, likes in DAYS)


def csv(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}


def keep_picture(page: Page, name: str) -> None:
    """Save a picture of the page where the environment names a folder for it."""
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def redis_rows(console_stack: ConsoleStack) -> Any:
    return console_stack.redis.xlen("pulso:audit"), len(list(console_stack.redis.scan_iter("*influencer*")))


def test_production_checks_an_account_and_nothing_is_kept(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("pau", "/influencers")
    before = redis_rows(console_stack)
    page.set_input_files("[name=sample]", csv("sample.csv", SAMPLE))
    page.set_input_files("[name=posts]", csv("posts.csv", POSTS))
    page.fill("[name=followers]", "20000")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#sentences li").first).to_contain_text("from 200 accounts")
    expect(page.locator("#sentences")).to_contain_text("far more reactions than the others: 2026-06-05")
    expect(page.locator("#sentences li").last).to_contain_text("no verdict on a person")
    expect(page.locator(".scale svg")).to_have_count(2)
    assert serious_violations(page) == []
    keep_picture(page, "influencers-en")
    assert redis_rows(console_stack) == before
    page.reload()
    expect(page.locator("#findings")).to_be_hidden()


def test_errors_name_the_line_and_page_fits_on_a_phone_in_spanish(open_page: OpenPage) -> None:
    page = open_page("pau", "/influencers", **(PHONE | {"locale": "es-ES"}))
    page.set_input_files("[name=sample]", csv("mala.csv", SAMPLE + "7,x,3\n"))
    page.get_by_role("button", name="Comprobar").click()
    expect(page.locator("#answer")).to_contain_text("mala.csv, line 202: following 'x' is not a valid number")
    page.set_input_files("[name=sample]", csv("larga.csv", SAMPLE * 500))
    page.get_by_role("button", name="Comprobar").click()
    expect(page.locator("#answer")).to_contain_text("900 KiB")
    page.set_input_files("[name=sample]", csv("buena.csv", SAMPLE))
    page.get_by_role("button", name="Comprobar").click()
    expect(page.locator("#sentences li").first).to_contain_text("parecen falsos")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the right"
    keep_picture(page, "influencers-es")
