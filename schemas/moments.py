"""Moments: social posts linked to sets of the programme, and what they add up to by minute; their Kafka topics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, Probability
from schemas.ids import EventId, PlaceId, SetId
from schemas.topic import DAY, Topic


class PostLink(Struct, frozen=True, kw_only=True):
    """A post about a set of the programme; neither its author nor its network."""

    event_id: Annotated[EventId, NAMED]
    post: Identifier
    set: Annotated[SetId, NAMED]
    stage: Annotated[PlaceId, NAMED]
    time: Instant
    chance: Probability
    """Probability that the post is about the set, by the model of links."""
    sentiment: Literal["negative", "neutral", "positive"]
    shares: Count = 0
    photos: Count = 0
    likes: Count = 0
    excerpt: str = ""
    """Beginning of the text; names, addresses, links and accounts are masked."""


class MomentMinute(Struct, frozen=True, kw_only=True):
    """Posts about one set within one minute."""

    event_id: Annotated[EventId, NAMED]
    set: Annotated[SetId, NAMED]
    stage: Annotated[PlaceId, NAMED]
    time: Instant
    """Begin of the minute."""
    posts: Count
    shares: Count
    """Times that these posts had been shared."""
    photos: Count
    """Photos and videos attached to them."""
    likes: Count
    """Likes that they had."""
    positive: Count
    """Posts among them whose sentiment is positive."""
    expected: NonNegative
    """Posts a minute that were expected by the minutes before."""
    chance: Probability
    """Probability of so many posts if nothing happened."""
    burst: bool
    """True where the probability is below the limit of false alarms."""
    excerpt: str = ""
    """Beginning of the post with the most likes and shares, masked."""


MOMENT_LINKS = Topic(
    "moments.links",
    "set",
    PostLink,
    "pulso.moment.link.v1",
    "A social post about a set of the programme.",
    retention_ms=DAY,
    sensitive=True,
)

MOMENT_MINUTES = Topic(
    "moments.minutes",
    "set",
    MomentMinute,
    "pulso.moment.minute.v1",
    "Posts about a set within one minute, and whether they are a burst.",
)
