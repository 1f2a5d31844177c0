"""What a page is sent: from a real Redis, each step once, in order, and a fresh start where steps are gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from console.alert_feed import AlertFeed, read_cursor, write_cursor
from console.authentication import Visitor
from console.hub import WAITING, Hub
from schemas.alerts import Alert
from stream.stores.alert_store import STREAM, AlertStore

pytestmark = pytest.mark.stack
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
ALERT = Alert(
    id="a@1", key="a", version=1, rule="violence", subject="c", state="raised", severity="critical",
    audience=("security", "production"), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
)  # fmt: skip
ADMIN = Visitor("ada", frozenset({"admin"}))


@pytest.fixture
def url(redis_url: str) -> str:
    Redis.from_url(redis_url).flushall()
    return redis_url


async def test_what_was_missed_comes_and_nothing_else(url: str) -> None:
    store, feed = AlertStore(url), AlertFeed(AsyncRedis.from_url(url), Hub())
    await store.write(ALERT, AT)
    cursor, alerts = await feed.snapshot(ADMIN)
    assert [alert.id for alert in alerts] == ["a@1"]
    await store.write(replace(ALERT, version=2, state="acknowledged"), AT)
    missed = await feed.since(read_cursor(cursor) or {}, ADMIN.audiences)
    assert missed is not None
    assert [(step.audience, step.alert.version) for step in missed] == [("security", 2), ("production", 2)]
    assert write_cursor(read_cursor(cursor) or {}) == cursor


async def test_a_page_that_missed_too_much_begins_anew(url: str) -> None:
    store, redis = AlertStore(url), AsyncRedis.from_url(url)
    feed = AlertFeed(redis, Hub())
    await store.write(ALERT, AT)
    cursor, _ = await feed.snapshot(ADMIN)
    for number in range(2, 6):
        await store.write(replace(ALERT, version=number, state="updated"), AT)
    assert await feed.since(read_cursor(cursor) or {}, ADMIN.audiences) is not None
    await redis.xtrim(STREAM.format(audience="security"), maxlen=2, approximate=False)
    assert await feed.since(read_cursor(cursor) or {}, ADMIN.audiences) is None, "trimmed"
    later = dict.fromkeys(ADMIN.audiences, "99999999999999-0")
    assert await feed.since(later, ADMIN.audiences) is None, "of another Redis"
    assert await feed.since({}, ADMIN.audiences) is None, "never seen anything"


async def test_the_hub_gets_every_step_after_the_start_though_redis_was_away(url: str) -> None:
    hub, redis = Hub(), AsyncRedis.from_url(url)
    feed, store = AlertFeed(redis, hub), AlertStore(url)
    with hub.listen(["alerts:security"]) as page:
        task = asyncio.create_task(feed.run())
        await feed.ready.wait()
        await store.write(ALERT, AT)
        first = await page.get(5)
        await redis.client_kill_filter(_type="normal", skipme=True)
        await store.write(replace(ALERT, version=2, state="acknowledged"), AT)
        second = await page.get(5)
        task.cancel()
    assert first is not None
    assert second is not None
    assert [one[1].alert.version for one in (first, second)] == [1, 2]


def test_a_page_that_is_too_slow_is_cut_and_not_the_others() -> None:
    hub = Hub()
    with hub.listen(["zones"]) as slow:
        for number in range(WAITING + 1):
            hub.publish("zones", number)
        assert slow.too_slow
        with hub.listen(["zones"]) as quick:
            hub.publish("zones", b"now")
            assert not quick.too_slow
            assert asyncio.run(quick.get(1)) == ("zones", b"now")


def test_a_cursor_that_is_none_is_refused() -> None:
    for text in ("", "security", "security=", "security=1", "security=1-2-3", "nobody=1-1", "security=a-b", None):
        assert read_cursor(text) is None
