"""The page of what moved people in a browser, and the view behind it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from console.features.moments.view import CHANNEL, MomentsView
from schemas.bars import SALES, SaleLine, Ticket
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.moments import MOMENT_MINUTES, MomentMinute
from schemas.music import TAGS, MusicTags
from schemas.venue import Venue
from tests.console.conftest import ConsoleStack, OpenPage
from tests.console.test_pages import serious_violations

SET = "la-hora-clara-2025-07-05"


def make_minute(at: datetime, number: int, posts: int, **more: object) -> MomentMinute:
    values = {"shares": 2 * posts, "photos": posts, "likes": 9 * posts, "positive": posts} | more
    return MomentMinute(
        event_id=f"mm{number}", set=SET, stage="main", time=at, posts=posts, expected=3.0, chance=1e-6,
        burst=posts > 12, excerpt="Qué manera de cantar con La Hora Clara", **values,
    )  # fmt: skip


def make_count(at: datetime, persons: float) -> CrowdCount:
    zone = ZoneCount(zone="front", persons=persons)
    return CrowdCount(event_id=f"c{at:%H%M}", camera="front-left", time=at, persons=persons, zones=(zone,), model="t")


def make_tags(at: datetime, loudness: float) -> MusicTags:
    return MusicTags(
        event_id=f"t{at:%H%M}", stage="main", time=at, seconds=10, mood="happy", mood_confidence=0.8,
        moods={"happy": 0.8}, genre="rock", genre_confidence=0.7, genres={"rock": 0.7}, tempo=120, loudness=loudness,
        silent=False, model="t",
    )  # fmt: skip


def test_view_joins_posts_with_the_crowd_of_their_minute() -> None:
    venue = Venue.model_validate(
        {
            "name": "T",
            "zones": [{"id": "front", "capacity": 9, "area_m2": 9}],
            "stages": [{"id": "main", "zone": "front"}],
        }
    )
    view, at = MomentsView(venue), datetime(2026, 7, 4, 22, tzinfo=UTC)
    assert view.apply(make_count(at, 250), 0) == set(), "nothing to show yet"
    assert view.apply(make_minute(at, 1, 4), 0) == {CHANNEL}
    view.apply(make_minute(at + timedelta(minutes=2), 2, 5), 0)
    (shown,) = view.state()["sets"]
    assert [(one["posts"], one["crowd"]) for one in shown["minutes"]] == [(4, 250), (0, None), (5, None)]
    view.apply(make_tags(at, -12.0), 0)
    assert view.state()["sets"][0]["minutes"][0]["loudness"] == -12.0


@pytest.fixture(scope="module")
def with_moments(console_stack: ConsoleStack) -> None:
    random = np.random.default_rng(4)
    begin = datetime.now(UTC).replace(second=5, microsecond=0) - timedelta(minutes=45)
    for number in range(45):
        at = begin + timedelta(minutes=number)
        posts = int(random.poisson(3)) + (16 if number in (30, 31) else 0)
        minute = make_minute(at.replace(second=0), number, posts, likes=int(9 * posts * random.uniform(0.5, 1.5)))
        console_stack.send_result(MOMENT_MINUTES, SET, minute, f"mm{number}")
        console_stack.send_result(CROWD, "front-left", make_count(at, 240 + 2 * number), f"mc{number}")
        line = SaleLine(product="beer", quantity=int(random.poisson(6 if number not in (30, 31) else 1)) or 1)
        ticket = Ticket(id=f"mt{number}", bar="north", till="1", time=at, lines=(line,))
        console_stack.send_result(SALES, "north", ticket, f"mt{number}")
        loud = -14.0 + 5 * (number in (29, 30, 31)) + float(random.normal())
        console_stack.send_result(TAGS, "main", make_tags(at, loud), f"mg{number}")


def keep_picture(page: Page, name: str) -> None:
    """Save a picture of the page where the environment names a folder for the pictures of the documentation."""
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.stack
@pytest.mark.usefixtures("with_moments")
def test_production_sees_the_top_minutes_with_their_reasons(open_page: OpenPage) -> None:
    page = open_page("pau", "/moments")
    first = page.locator("#sets ol li").first
    expect(first).to_contain_text("burst")
    expect(first).to_contain_text("people (median")
    expect(first).to_contain_text("dBFS")
    expect(page.locator("#sets svg")).to_have_count(4)
    expect(page.locator("#sets svg").last).not_to_contain_text("-0")
    keep_picture(page, "moments")
    page.select_option("#rank", "likes")
    expect(page.locator("#sets svg").first).to_have_attribute(
        "aria-label", "Likes of these posts, per minute, during La Hora Clara"
    )
    assert serious_violations(page) == []


@pytest.mark.stack
@pytest.mark.usefixtures("with_moments")
def test_moments_fit_on_a_phone_in_spanish(open_page: OpenPage) -> None:
    page = open_page("pau", "/moments", locale="es-ES")
    expect(page.locator("h1")).to_have_text("Lo que emocionó")
    expect(page.locator("#sets ol li").first).to_contain_text("pico")
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    keep_picture(page, "moments-es")
