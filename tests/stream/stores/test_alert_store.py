"""Alert store in a real Redis: each step once, open alerts in a hash, a stream for each audience."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis

from schemas.alerts import Alert
from stream.stores.alert_store import OPEN, SHELVED, STREAM, AlertStore, worst_first

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
ALERT = Alert(
    id="violence/c@1", key="violence/c", version=1, rule="violence", subject="c", state="raised", severity="critical",
    audience=("security", "production"), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
)  # fmt: skip


@pytest.mark.stack
async def test_alert_step_is_written_once_and_in_order(redis_url: str) -> None:
    store, redis = AlertStore(redis_url), Redis.from_url(redis_url)
    assert await store.write(ALERT, AT)
    assert not await store.write(ALERT, AT), "repeated"
    second = replace(ALERT, version=2, state="acknowledged")
    assert await store.write(second, AT)
    assert not await store.write(ALERT, AT), "an older step after a newer one"
    assert msgspec.json.decode(redis.hget(OPEN, ALERT.key), type=Alert).state == "acknowledged"  # type: ignore[arg-type]
    assert await store.write(replace(ALERT, version=3, state="resolved"), AT)
    assert redis.hget(OPEN, ALERT.key) is None
    for audience in ("security", "production"):
        entries = redis.xrange(STREAM.format(audience=audience))
        assert len(entries) == 3  # type: ignore[arg-type]
    assert not redis.exists(STREAM.format(audience="bar"))


def test_open_alerts_are_sorted_by_severity_and_age() -> None:
    low = replace(ALERT, key="low", severity="low")
    rows = [msgspec.json.encode(alert) for alert in (low, replace(ALERT, key="high", severity="high"), ALERT)]
    assert [alert.key for alert in worst_first(rows)] == ["violence/c", "high", "low"]


@pytest.mark.stack
async def test_late_verdict_changes_no_other_alert(redis_url: str) -> None:
    store, redis = AlertStore(redis_url), Redis.from_url(redis_url)
    first = replace(ALERT, id="violence/d@1", key="violence/d")
    resolved = replace(first, version=2, state="resolved", resolved_at=AT)
    judged = replace(resolved, version=3, state="judged", verdict="rejected")
    assert await store.write(first, AT)
    assert await store.write(resolved, AT)
    assert await store.write(judged, AT)
    assert redis.hget(OPEN, "violence/d") is None
    entries = redis.xrevrange(STREAM.format(audience="security"), count=1)
    assert msgspec.json.decode(entries[0][1][b"alert"], type=Alert).verdict == "rejected"  # type: ignore[index]
    second = replace(first, id="violence/d@2")
    assert await store.write(second, AT)
    assert await store.write(replace(judged, version=4, verdict="confirmed"), AT)
    assert msgspec.json.decode(redis.hget(OPEN, "violence/d"), type=Alert).id == "violence/d@2"  # type: ignore[arg-type]


@pytest.mark.stack
async def test_shelved_alerts_are_listed_until_a_step_ends_the_shelving(redis_url: str) -> None:
    store, redis = AlertStore(redis_url), Redis.from_url(redis_url)
    first = replace(ALERT, id="violence/e@1", key="violence/e")
    shelved = replace(first, version=2, state="shelved", shelved_until=AT, shelved_by="ana", shelved_reason="works")
    for step in (first, shelved, replace(shelved, version=3, state="resolved", resolved_at=AT)):
        assert await store.write(step, AT)
    assert redis.hget(OPEN, "violence/e") is None
    assert [alert.version for alert in await store.shelved_alerts() or () if alert.key == "violence/e"] == [3]
    ended = replace(first, version=4, state="unshelved", resolved_at=AT)
    assert await store.write(ended, AT)
    assert redis.hget(SHELVED, "violence/e") is None and redis.hget(OPEN, "violence/e") is None
