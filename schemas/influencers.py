"""Report on the followers and the engagement of an account, from counts without names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct


class EngagementReport(Struct, frozen=True, kw_only=True):
    """Engagement of the last posts.

    Attributes:
        rate: median of likes and comments of a post, divided by the followers.
        usual: rates between which an account of this size is usual.
        level: the rate in a word.
        bursts: times of posts with far more reactions than the others.
        follower_bursts: times of posts before which the followers grew far faster than usual.
    """

    rate: float
    usual: tuple[float, float]
    level: Literal["low", "usual", "high"]
    bursts: tuple[datetime, ...]
    follower_bursts: tuple[datetime, ...]


class InfluencerReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Share of fake followers in a sample, with its 90 % interval.

    Attributes:
        columns_used: columns of the sample that the model read.
        model: name and hash of the weights.
        text: the findings in words.
    """

    accounts: int
    share: float
    low: float
    high: float
    columns_used: tuple[str, ...]
    model: str
    text: tuple[str, ...]
    engagement: EngagementReport | None = None
