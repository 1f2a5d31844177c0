"""Social posts and their results; their Kafka topics; the endpoint that receives posts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import Field

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, Probability
from schemas.ids import EventId
from schemas.topic import DAY, Topic
from schemas.venue_parts import Part


class Post(Struct, frozen=True, kw_only=True):
    """A post of a social network, without its author."""

    id: Identifier
    """Network and id of the post, so that a post that is sent twice counts once."""
    network: Identifier
    time: Instant
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    place: Annotated[str, Meta(max_length=200)] = ""
    """Id of the stage or zone it was posted at, where the network gives a place; empty otherwise."""
    shares: Count = 0
    """Times that it had been shared when it was read."""
    photos: Count = 0
    """Photos and videos attached to it."""
    likes: Count = 0
    """Likes that it had when it was read."""


class PostReading(Struct, frozen=True, kw_only=True):
    """Result for one post: its sentiment, and that of its subject. Names, addresses and links are masked."""

    event_id: Annotated[EventId, NAMED]
    post: Identifier
    network: Identifier
    time: Instant
    language: str
    subject: str
    """Topic of the support desk, or `other`."""
    names: dict[str, str] = {}
    """Names of the subject by language, if it has any."""
    sentiment: Literal["negative", "neutral", "positive"]
    excerpt: str = ""
    posts: NonNegative
    """Posts about the subject within the last quarter of an hour, exponentially decaying."""
    negative_share: Probability
    """Share of negative ones among them."""
    usual_share: Probability
    """Baseline of the negative share, from the hours before."""
    change: float
    """Standard errors by which the share exceeds the baseline."""
    model: str
    place: Annotated[str, Meta(max_length=200)] = ""
    """As of the post, as are the three counts."""
    shares: Count = 0
    photos: Count = 0
    likes: Count = 0
    accounts: tuple[str, ...] = ()
    """Accounts of acts that the text names; those of other people are masked."""


class PostServerSettings(Part):
    """The HTTP endpoint that social posts are sent to. Its token is read from PULSO_POSTS_TOKEN."""

    port: int = Field(default=8091, ge=0, le=65535, description="TCP port; 0 for any free port")


POSTS = Topic(
    "social.posts",
    "network",
    Post,
    "pulso.social.post.v1",
    "A post of a social network.",
    partitions=1,  # the baselines of all subjects are one state row
    retention_ms=3 * DAY,
    sensitive=True,
    from_source=True,
)


POST_READINGS = Topic(
    "social.readings",
    "subject",
    PostReading,
    "pulso.social.reading.v1",
    "Result for one post, with the sentiment of its subject.",
)
