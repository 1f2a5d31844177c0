"""Engagement of an account's last posts against what is usual at its size, and bursts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from processors.csv_table import CellError, Refusal, Row, parse_table, refusals_text
from schemas.influencers import EngagementReport

USUAL_RATES = (
    (5_000, 0.0172, 0.0797),
    (10_000, 0.0062, 0.0354),
    (50_000, 0.0039, 0.0261),
    (100_000, 0.0032, 0.0247),
    (500_000, 0.0041, 0.0263),
    (float("inf"), 0.0046, 0.0246),
)
"""Followers up to, and the engagement rates below and above which an account is unusual: bounds of "low" and "high" in
the benchmark of The Social Cat (thesocialcat.com, Instagram engagement rate calculator)."""

MIN_POSTS = 5
"""Bursts are looked for from this number of posts on."""

BURST_DEVIATIONS = 5.0
"""Robust standard deviations of the logarithm that make a burst; about 1 in 1,000 normal posts is beyond 3.3."""

MIN_SPREAD = 0.2
"""Least robust standard deviation of the logarithm: posts that are nearly alike."""

MIN_GROWTH = 0.05
"""Least growth of the followers between two posts, as a share, that can be a burst."""

Level = Literal["low", "usual", "high"]


@dataclass(frozen=True, slots=True)
class PostCounts:
    """One post, as counts.

    Attributes:
        followers: of the account at the time of the post; None if unknown.
    """

    time: datetime
    likes: float
    comments: float
    followers: float | None = None


@dataclass(frozen=True, slots=True)
class Engagement:
    """Engagement of an account.

    Attributes:
        rate: median of likes and comments of a post, divided by the followers.
        usual_low: rate below which an account of its size is unusual.
        usual_high: rate above which it is.
        bursts: times of posts with far more engagement than the others.
        follower_bursts: times of posts before which the followers grew far faster than usual.
    """

    rate: float
    usual_low: float
    usual_high: float
    bursts: tuple[datetime, ...]
    follower_bursts: tuple[datetime, ...]

    @property
    def level(self) -> Level:
        """Return the rate in a word."""
        return "low" if self.rate < self.usual_low else "high" if self.rate > self.usual_high else "usual"

    def report(self) -> EngagementReport:
        """Return it as it is written."""
        return EngagementReport(
            rate=round(self.rate, 5),
            usual=(self.usual_low, self.usual_high),
            level=self.level,
            bursts=self.bursts,
            follower_bursts=self.follower_bursts,
        )


def read_posts(path: Path) -> tuple[PostCounts, ...]:
    """Read posts: columns time, likes, comments, and followers where known; the oldest first.

    Raises:
        CellError: a line can't be used.
        TableError: the file is not such a table.
        OSError: the file can't be read.
    """
    return parse_posts(path, path.read_bytes())


def parse_posts(path: Path, data: bytes) -> tuple[PostCounts, ...]:
    """Read posts from the bytes of a file, which errors call `path`; the oldest first.

    Raises:
        CellError: a line can't be used.
        TableError: the bytes are not such a table.
    """
    table = parse_table(path, data, numbers=("likes", "comments", "followers"))
    table.require("time", "likes", "comments")
    posts: list[PostCounts] = []
    refused: list[Refusal] = []
    for row in table.rows:
        try:
            posts.append(_post(row))
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    if refused:
        raise CellError(refusals_text(path, refused))
    if not posts:
        raise CellError(f"{path} has no posts below the line of the columns")
    return tuple(sorted(posts, key=lambda post: post.time))


def _post(row: Row) -> PostCounts:
    row.check_length()
    time = row.time("time")
    likes, comments = row.number("likes"), row.number("comments")
    followers = row.number("followers") if row.text("followers", "") else None
    if min(likes, comments) < 0 or (followers is not None and followers < 1):
        raise CellError("likes and comments must be 0 or more, followers 1 or more")
    return PostCounts(time if time.tzinfo else time.replace(tzinfo=UTC), likes, comments, followers)


def measure_engagement(posts: tuple[PostCounts, ...], followers: float) -> Engagement:
    """Return the engagement of an account that has this number of followers now."""
    interactions = np.array([post.likes + post.comments for post in posts])
    sizes = np.array([post.followers or followers for post in posts])
    rate = float(np.median(interactions / sizes))
    _, low, high = next(row for row in USUAL_RATES if followers <= row[0])
    return Engagement(
        rate,
        low,
        high,
        tuple(posts[place].time for place in _above_usual(np.log1p(interactions))),
        _follower_bursts(posts),
    )


def _above_usual(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Return the places of values that lie far above the median."""
    if len(values) < MIN_POSTS:
        return []
    middle = float(np.median(values))
    spread = max(1.4826 * float(np.median(np.abs(values - middle))), MIN_SPREAD)
    return [int(place) for place in np.flatnonzero(values > middle + BURST_DEVIATIONS * spread)]


def _follower_bursts(posts: tuple[PostCounts, ...]) -> tuple[datetime, ...]:
    known = [(post.time, post.followers) for post in posts if post.followers is not None]
    if len(known) <= MIN_POSTS:
        return ()
    steps = list(pairwise(known))
    growth = np.array([np.log(after / before) for (_, before), (_, after) in steps])
    days = np.array([max((after - before) / timedelta(days=1), 1 / 24) for (before, _), (after, _) in steps])
    daily = growth / days
    usual = float(np.median(daily))
    spread = max(1.4826 * float(np.median(np.abs(daily - usual))), MIN_GROWTH / BURST_DEVIATIONS)
    unusual = (daily > usual + BURST_DEVIATIONS * spread) & (growth > np.log1p(MIN_GROWTH))
    return tuple(known[int(place) + 1][0] for place in np.flatnonzero(unusual))
