"""A show stop in two browsers: proposed by security, confirmed by a named person, called off."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from schemas.ids import AlertKey
from tests.console.conftest import ConsoleStack, OpenPage, wait_until
from tests.console.test_pages import serious_violations

pytestmark = pytest.mark.stack


def test_show_stop_needs_two_people_and_notifies(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    security, director = open_page("sara", "/show-stop"), open_page("eva", "/show-stop", locale="es-ES")
    expect(director.locator("#propose")).to_have_count(0)
    security.select_option("[name=stage]", "main")
    security.select_option("[name=trigger]", index=1)
    security.fill("[name=note]", "People fall at the barrier.")
    assert serious_violations(security) == []
    security.click("#propose button")
    expect(security.locator("#stops li")).to_contain_text("Waits for a confirmation")
    proposed = wait_until(lambda: console_stack.open_alert(AlertKey("show-stop-proposed/main")))
    assert (proposed.severity, proposed.audience) == ("critical", ("security", "production"))
    assert "Eva Sanz" in proposed.text["en"] and "People fall at the barrier." in proposed.text["es"]

    director.locator(".confirm [type=checkbox]").first.check()
    director.click(".confirm button")
    expect(director.locator("#stops")).to_contain_text("ESPECTÁCULO PARADO: main")
    expect(security.locator("#stops")).to_contain_text("Confirmed by Eva Sanz, Dirección del evento")
    expect(security.locator("#stops")).to_contain_text("1 of 3 items checked")
    assert wait_until(lambda: console_stack.open_alert(AlertKey("show-stop/main")))
    assert wait_until(lambda: console_stack.open_alert(AlertKey("show-stop-proposed/main")) is None)
    security.click("#stops button")
    expect(director.locator("#stops")).to_contain_text("No se propone ni se ha confirmado ninguna parada.")
    assert wait_until(lambda: console_stack.open_alert(AlertKey("show-stop/main")) is None)
    entries: Any = console_stack.redis.xrange("pulso:audit")
    what = [(one[b"who"].decode(), one[b"what"].decode()) for _, one in entries]
    assert [one for one in what if one[1].startswith("show-stop-")] == [
        ("sara", "show-stop-proposed"), ("eva", "show-stop-confirmed"), ("sara", "show-stop-called-off"),
    ]  # fmt: skip
