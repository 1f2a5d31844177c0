"""Social posts over HTTP: sent once, without authors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from schemas.social import POSTS, Post
from stream.runtime.settings import Settings
from stream.sources.post_server import PostServer
from stream.sources.venue_sources import post_server
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack

POST = {"id": "p1", "network": "posts-test", "time": "2026-07-04T20:00:00Z", "text": "¿Dos horas para una cerveza?"}


def test_posts_arrive_without_their_authors(run_sources: Callable[..., Any], record_reader: RecordReader) -> None:
    server = PostServer(port=0, token="secret")
    with run_sources(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as sender:
        posts = [POST, POST | {"id": "p2", "author": "@ana"}]
        assert sender.post(server.url, json=posts).json() == {"accepted": 2}
        assert sender.post(server.url, json=POST | {"text": ""}).status_code == 422
        assert "not a valid post" in sender.post(server.url, json={"id": 3}).json()["detail"]
        assert httpx.post(server.url, json=POST).status_code == 401
    records = record_reader.read(POSTS, "posts-test")
    assert [msgspec.json.decode(m.value() or b"", type=Post).id for m in records] == ["p1", "p2"]
    assert all(b"@ana" not in (m.value() or b"") for m in records)


def test_post_token_is_readable_by_its_owner_only(broker: Settings) -> None:
    post_server(broker, 0)
    assert (broker.data / "posts-token").stat().st_mode & 0o077 == 0
