"""HTTP endpoint for social posts, sent by any program that reads a social network."""

from __future__ import annotations

from typing import ClassVar

from schemas.social import POSTS, Post
from stream.runtime.settings import Settings
from stream.sources.record_server import RecordServer, stored_token


class PostServer(RecordServer[Post]):
    """`POST /v1/posts`. A post is a text, a time and a network; names of authors are not accepted."""

    kind: ClassVar[str] = "posts"
    record = Post
    topic = POSTS
    path = "/v1/posts"
    noun = "post"

    def key(self, record: Post) -> str:
        """Return the network."""
        return record.network


def token_of(settings: Settings) -> str:
    """Return the token that senders must send: PULSO_POSTS_TOKEN, or one made once and kept in the data folder."""
    return stored_token(settings.posts_token, settings.data / "posts-token", "posts", "PULSO_POSTS_TOKEN")
