"""Social posts and their readings; their topics; the endpoint that receives posts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import Field

from schemas.fields import Identifier, Instant, NonNegative, Probability
from schemas.topic import DAY, Topic
from schemas.venue_parts import Part


class Post(Struct, frozen=True, kw_only=True):
    """What somebody wrote on a social network; who it was is not taken."""

    id: Identifier
    """of the network and the post, so that one that is sent twice counts once"""
    network: Identifier
    time: Instant
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


class PostReading(Struct, frozen=True, kw_only=True):
    """One social post, read, and how posts about its subject sound now. Names, addresses and links are masked."""

    event_id: Identifier
    post: Identifier
    network: Identifier
    time: Instant
    language: str
    subject: str
    """a topic of the support desk, or "other" """
    names: dict[str, str] = {}
    """of the subject, by language, where it has some"""
    sentiment: Literal["negative", "neutral", "positive"]
    excerpt: str = ""
    posts: NonNegative
    """about the subject within the last quarter of an hour, fading"""
    negative_share: Probability
    """of them"""
    usual_share: Probability
    """of those of the last hours before"""
    change: float
    """standard errors by which the share lies above the usual one"""
    model: str


class PostServerSettings(Part):
    """The HTTP endpoint that social posts are sent to. The token comes from PULSO_POSTS_TOKEN."""

    port: int = Field(default=8091, ge=0, le=65535, description="0 takes any free port")


POSTS = Topic(
    "social.posts",
    "network",
    Post,
    "pulso.social.post.v1",
    "One post of a social network.",
    partitions=1,  # what is usual for a subject is one row of state
    retention_ms=3 * DAY,
    sensitive=True,
)


POST_READINGS = Topic(
    "social.readings",
    "subject",
    PostReading,
    "pulso.social.reading.v1",
    "One post, read, and how its subject sounds.",
)
