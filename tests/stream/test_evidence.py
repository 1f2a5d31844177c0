"""Evidence in a real Redis: it ends by itself, lives on for an open alert, and never holds an alert up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from stream.evidence import EVIDENCE, EvidenceStore
from stream.local.ports import Ports
from stream.local.redis import redis as redis_child


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("redis")
    ports = Ports(data / "ports.json")
    child = redis_child(data, ports)
    child.start()
    try:
        child.wait_healthy()
        yield f"redis://127.0.0.1:{ports.get_known('redis')}/0"
    finally:
        child.stop()


@pytest.mark.stack
async def test_put_get_and_the_end(url: str) -> None:
    store, redis = EvidenceStore(url), Redis.from_url(url)
    assert await store.put("crowd-1", "image/webp", b"\x00picture")
    assert await store.get("crowd-1") == ("image/webp", b"\x00picture")
    assert await store.get("crowd-2") is None
    assert 0 < redis.ttl(EVIDENCE.format(id="crowd-1")) <= 900
    await store.keep(["crowd-1", "crowd-gone"], hours=72)
    left = redis.ttl(EVIDENCE.format(id="crowd-1"))
    assert 71 * 3600 < left <= 72 * 3600
    await store.keep(["crowd-1"], hours=1)
    assert redis.ttl(EVIDENCE.format(id="crowd-1")) > 71 * 3600, "another alert may need it for longer"
    assert await store.get("crowd-gone") is None
    await store.close()


async def test_without_redis_nothing_is_stored_and_nothing_breaks() -> None:
    for address in (None, "redis://127.0.0.1:1/0"):
        store = EvidenceStore(address)
        assert not await store.put("crowd-1", "image/webp", b"x")
        await store.keep(["crowd-1"], hours=1)
        await store.close()
