"""Alert rule of social posts: a subject that suddenly sounds worse than usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, LocalizedText, Measurement, Message, Unit
from schemas.rules import RuleSettings
from schemas.social import PostReading
from schemas.venue import Venue


def measure_negativity(post: PostReading, _venue: Venue) -> Iterator[Measurement]:
    """Yield standard errors by which the share of negative posts lies above the baseline of the subject."""
    if not post.subject:
        return  # There is no subject that the alert could name.
    yield Measurement(
        subject=post.subject,
        value=post.change,
        message=Message(
            "text",
            {
                "subject": LocalizedText(post.names, post.subject),
                "negative": 100 * post.negative_share,
                "usual": 100 * post.usual_share,
                "posts": post.posts,
            },
        ),
    )


POSTS_NEGATIVE = AlertRule(
    name="posts-negative",
    result=PostReading,
    unit=Unit.NONE,
    defaults=RuleSettings(
        raise_at=3, clear_at=1, on_delay_seconds=0, off_delay_seconds=300, cool_down_seconds=1800,
        severity="medium", audience=["support", "production"],
    ),
    measure=measure_negativity,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (POSTS_NEGATIVE,)
