"""Alert steps that a page receives from a real Redis: once, in order, and a restart where steps are missing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from console.authentication import User
from console.features.alerts.alert_feed import AlertFeed, read_cursor, write_cursor
from console.update_hub import UpdateHub
from processors.alerts.incidents import IncidentBook
from schemas.alerts import Alert
from schemas.cameras import CameraSettings, CameraView
from schemas.crowd import ZoneSettings
from schemas.venue import Venue
from stream.features import registry
from stream.stores.alert_store import STREAM, AlertStore

pytestmark = pytest.mark.stack
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
ALERT = Alert(
    id="a@1", key="a", version=1, rule="violence", subject="c", state="raised", severity="critical",
    audience=("security", "production"), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
)  # fmt: skip
ZONE = ZoneSettings(id="front", area_m2=100, capacity=300)
CAMERA = CameraSettings(id="c", views=[CameraView(zone="front", polygon=[(0, 0), (1, 0), (1, 1)])])
ADMIN = User("ada", frozenset({"admin"}))


def alert_feed(redis: AsyncRedis, hub: UpdateHub | None = None) -> AlertFeed:
    return AlertFeed(redis, hub or UpdateHub(), IncidentBook(Venue(name="Here"), registry.rules_by_name()))


@pytest.fixture
def url(redis_url: str) -> str:
    Redis.from_url(redis_url).flushall()
    return redis_url


async def test_feed_returns_missed_steps_only(url: str) -> None:
    store, feed = AlertStore(url), alert_feed(AsyncRedis.from_url(url))
    await store.write(ALERT, AT)
    cursor, alerts = await feed.snapshot(ADMIN)
    assert [alert.id for alert in alerts] == ["a@1"]
    await store.write(replace(ALERT, version=2, state="acknowledged"), AT)
    missed = await feed.steps_since(read_cursor(cursor) or {}, ADMIN.audiences)
    assert missed is not None
    assert [(step.audience, step.alert.version) for step in missed] == [("security", 2), ("production", 2)]
    assert write_cursor(read_cursor(cursor) or {}) == cursor


async def test_feed_without_all_missed_steps_returns_none(url: str) -> None:
    store, redis = AlertStore(url), AsyncRedis.from_url(url)
    feed = alert_feed(redis)
    await store.write(ALERT, AT)
    cursor, _ = await feed.snapshot(ADMIN)
    for number in range(2, 6):
        await store.write(replace(ALERT, version=number, state="updated"), AT)
    assert await feed.steps_since(read_cursor(cursor) or {}, ADMIN.audiences) is not None
    await redis.xtrim(STREAM.format(audience="security"), maxlen=2, approximate=False)
    assert await feed.steps_since(read_cursor(cursor) or {}, ADMIN.audiences) is None, "trimmed"
    later = dict.fromkeys(ADMIN.audiences, "99999999999999-0")
    assert await feed.steps_since(later, ADMIN.audiences) is None, "of another Redis"
    assert await feed.steps_since({}, ADMIN.audiences) is None, "no cursor of any audience"


async def test_feed_publishes_every_step_despite_lost_connection(url: str) -> None:
    hub, redis = UpdateHub(), AsyncRedis.from_url(url)
    feed, store = alert_feed(redis, hub), AlertStore(url)
    with hub.subscribe(["alerts:security"]) as page:
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


async def test_steps_carry_the_incident_that_a_restarted_console_finds_again(url: str) -> None:
    store, now = AlertStore(url), datetime.now(UTC)
    first = replace(ALERT, id="violence/c@1", key="violence/c", raised_at=now)
    await store.write(first, now)
    await store.write(replace(first, version=2, state="resolved", resolved_at=now), now)
    venue = Venue(name="Here", zones=[ZONE], cameras=[CAMERA])
    found = []
    for number in (1, 2):
        hub = UpdateHub()
        feed = AlertFeed(AsyncRedis.from_url(url), hub, IncidentBook(venue, registry.rules_by_name()))
        later = replace(first, id=f"stampede/front/c@{number}", key=f"stampede{number}", rule="stampede")
        with hub.subscribe(["alerts:security"]) as page:
            task = asyncio.create_task(feed.run())
            await asyncio.wait_for(feed.ready.wait(), 20)
            await store.write(replace(later, subject="front/c", raised_at=now + timedelta(seconds=number)), now)
            update = await page.get(20)
        while not task.done():  # a client that waits for Redis may swallow a cancellation
            task.cancel()
            await asyncio.wait([task], timeout=1)
        assert update is not None
        found.append(msgspec.json.decode(update[1].shown())["incident"])
    assert [one["why"] for one in found] == ["same", "same"] and found[0]["id"] == found[1]["id"]


def test_invalid_cursor_is_refused() -> None:
    for text in ("", "security", "security=", "security=1", "security=1-2-3", "nobody=1-1", "security=a-b", None):
        assert read_cursor(text) is None
