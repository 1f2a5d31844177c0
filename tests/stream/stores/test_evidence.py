"""Evidence store in a real Redis: items expire, are extended for open alerts, and never delay an alert."""

from __future__ import annotations

import pytest
from redis import Redis

from stream.stores.evidence import EVIDENCE, EvidenceStore, read_evidence


@pytest.mark.stack
async def test_evidence_is_stored_read_and_expires(redis_url: str) -> None:
    store, redis = EvidenceStore(redis_url), Redis.from_url(redis_url)
    assert await store.put("crowd-1", "image/webp", b"\x00picture")
    assert await store.get("crowd-1") == ("image/webp", b"\x00picture")
    assert await store.get("crowd-2") is None
    assert 0 < redis.ttl(EVIDENCE.format(id="crowd-1")) <= 900
    await store.extend(["crowd-1", "crowd-gone"], hours=72)
    seconds_left = redis.ttl(EVIDENCE.format(id="crowd-1"))
    assert 71 * 3600 < seconds_left <= 72 * 3600
    await store.extend(["crowd-1"], hours=1)
    assert redis.ttl(EVIDENCE.format(id="crowd-1")) > 71 * 3600, "another alert may need it for longer"
    assert await store.get("crowd-gone") is None
    assert read_evidence(redis, "crowd-1", "image/webp") == b"\x00picture"
    assert read_evidence(redis, "crowd-1", "video/mp4") is None, "a picture of another rule is no clip"
    assert read_evidence(redis, "crowd-gone", "image/webp") is None
    await store.close()


async def test_evidence_store_without_redis_stores_nothing() -> None:
    for address in (None, "redis://127.0.0.1:1/0"):
        store = EvidenceStore(address)
        assert not await store.put("crowd-1", "image/webp", b"x")
        await store.extend(["crowd-1"], hours=1)
        await store.close()
