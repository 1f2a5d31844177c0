"""Evidence in a real Redis: there for its time, and no trouble when Redis is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from processors.vision.violence_evidence import Clip
from stream.clip_store import EVIDENCE, ClipStore, stored_clip
from stream.local.ports import Ports
from stream.local.redis import redis as redis_child


@pytest.mark.stack
async def test_a_clip_lives_for_its_time_and_no_longer(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    child = redis_child(tmp_path, ports)
    child.start()
    child.wait_healthy()
    try:
        url = f"redis://127.0.0.1:{ports.get_known('redis')}/0"
        store, redis = ClipStore(url, hours=72), Redis.from_url(url)
        clip = Clip("0f" * 16, b"RIFF\x00webp")
        assert await store.put(clip)
        assert await store.put(clip), "a repeat is no error"
        assert stored_clip(redis, clip.id) == clip.body
        assert 71 * 3600 < redis.ttl(EVIDENCE.format(id=clip.id)) <= 72 * 3600
        assert stored_clip(redis, "another") is None
        redis.hset(EVIDENCE.format(id="photo"), mapping={"content_type": "image/jpeg", "body": b"jpeg"})
        assert stored_clip(redis, "photo") is None, "a picture of another rule is no clip"
        brief = ClipStore(url, hours=1 / 3600)
        assert await brief.put(Clip("brief", b"x"))
        assert redis.ttl(EVIDENCE.format(id="brief")) == 1
    finally:
        child.stop()
    assert not await store.put(clip), "without Redis the score goes on without evidence"


async def test_without_an_address_nothing_is_stored() -> None:
    assert not await ClipStore(None, hours=72).put(Clip("a", b"b"))
