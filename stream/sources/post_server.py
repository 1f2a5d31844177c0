"""Social posts: an HTTP endpoint that takes them from whatever listens to the networks."""

from __future__ import annotations

from typing import ClassVar

from schemas.social import POSTS, Post
from stream.runtime.settings import Settings
from stream.sources.record_server import RecordServer, kept_token


class PostServer(RecordServer[Post]):
    """`POST /v1/posts`. No names are taken: a post is a text, a time and a network."""

    kind: ClassVar[str] = "posts"
    record = Post
    topic = POSTS
    path = "/v1/posts"
    noun = "post"

    def key(self, record: Post) -> str:
        return record.network


def token_of(settings: Settings) -> str:
    """The token that senders must show: PULSO_POSTS_TOKEN, or one that is made once and kept in the data folder."""
    return kept_token(settings.posts_token, settings.data / "posts-token", "posts", "PULSO_POSTS_TOKEN")
