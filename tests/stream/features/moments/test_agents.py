"""The agents of moments without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.festival.sections import sets_of
from schemas.moments import MOMENT_LINKS, MOMENT_MINUTES
from schemas.programme import PROGRAMME, PROGRAMME_SETS
from schemas.social import POST_READINGS, PostReading
from schemas.venue import venue_type
from stream.features.moments import FEATURE
from stream.runtime.testing import TestDriver

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
VENUE = venue_type([PROGRAMME]).model_validate({
    "name": "Test",
    "programme": {
        "acts": [{"id": "bosque", "name": "Bosque Voltaico"}],
        "sets": [{"id": "s1", "day": "2026-07-04", "begin": AT.isoformat(),
                  "end": (AT + timedelta(hours=1)).isoformat(), "stage": "forest",
                  "act": "bosque", "name": "Bosque Voltaico"}],
    },
})  # fmt: skip


@pytest.fixture(scope="module")
def driver() -> TestDriver:
    return TestDriver(FEATURE, VENUE)


def make_reading(name: str, text: str, minute: float, **more: object) -> PostReading:
    reading = PostReading(
        event_id=name, post=name, network="net", time=AT + timedelta(minutes=minute), language="es", subject="other",
        sentiment="positive", excerpt=text, posts=1, negative_share=0, usual_share=0, change=0, model="m",
    )  # fmt: skip
    return msgspec.structs.replace(reading, **more)


async def test_post_about_a_set_becomes_its_minute(driver: TestDriver) -> None:
    text = "¡Qué concierto de Bosque Voltaico con @ana.perez!"
    reading = make_reading("r1", text, 10, likes=7, photos=1)
    (link,) = (await driver.send(POST_READINGS, "other", reading)).of(MOMENT_LINKS)
    assert (link.set, link.stage, link.likes) == ("s1", "forest", 7)
    assert "ana" not in link.excerpt
    (minute,) = (await driver.send(MOMENT_LINKS, link.set, link)).of(MOMENT_MINUTES)
    assert (minute.posts, minute.likes, minute.photos, minute.burst) == (1, 7, 1, False)
    assert not (await driver.send(MOMENT_LINKS, link.set, link)).of(MOMENT_MINUTES), "counts once"


async def test_account_of_the_act_links_a_post(driver: TestDriver) -> None:
    reading = make_reading("r2", "qué directo, suena increíble", 12, accounts=("bosquevoltaico",))
    assert (await driver.send(POST_READINGS, "other", reading)).of(MOMENT_LINKS)


async def test_post_about_other_matters_has_no_link(driver: TestDriver) -> None:
    reading = make_reading("r3", "La cola de los baños es eterna", 12)
    assert not (await driver.send(POST_READINGS, "other", reading)).of(MOMENT_LINKS)


async def test_cancelled_set_gets_no_links() -> None:
    driver = TestDriver(FEATURE, VENUE)
    (one,) = sets_of(VENUE.section(PROGRAMME))
    one = msgspec.structs.replace(one, status="cancelled")
    await driver.send(PROGRAMME_SETS, "s1", one)
    reading = make_reading("r4", "¡Qué concierto de Bosque Voltaico!", 10)
    assert not (await driver.send(POST_READINGS, "other", reading)).of(MOMENT_LINKS)


async def test_link_under_another_key_is_rejected(driver: TestDriver) -> None:
    reading = make_reading("r5", "¡Qué concierto de Bosque Voltaico!", 15)
    (link,) = (await driver.send(POST_READINGS, "other", reading)).of(MOMENT_LINKS)
    assert (await driver.send(MOMENT_LINKS, "s2", link)).rejections
