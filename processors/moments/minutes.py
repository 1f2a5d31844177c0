"""Posts about one set by minute, with bounded memory; late posts count in their own minute."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from msgspec import Struct, field

from processors.moments.bursts import WINDOWS, scan
from schemas.fields import identifier
from schemas.ids import EventId
from schemas.moments import MomentMinute, PostLink

MAX_MINUTES = 240
"""Minutes of a set that are kept, the latest ones: a long set, and the hours after it."""

RECENT_POSTS = 2_048
"""Posts whose digests are kept, so that a post that is linked twice counts once."""

DIGEST_BYTES = 8

_ACCOUNT = re.compile(r"@[\w.@-]+")


class MinuteTotals(Struct, omit_defaults=True):
    """Posts of one minute."""

    posts: int = 0
    shares: int = 0
    photos: int = 0
    likes: int = 0
    positive: int = 0
    excerpt: str = ""
    reactions: int = -1
    """Likes and shares of the post of the excerpt."""


class SetMoments(Struct):
    """State of one set."""

    offset: int = -1
    minutes: dict[int, MinuteTotals] = field(default_factory=dict)
    """Totals by Unix time in minutes."""
    recent: bytes = b""
    """Digests of the last posts, newest last."""
    bursts: int = 0
    """Minutes that were found to be bursts."""
    last_burst: int = 0
    """The latest of them, so that each counts once."""

    def add(self, link: PostLink, offset: int) -> list[MomentMinute]:
        """Add a post; return its minute and those after it whose windows contain it.

        Returns:
            Nothing for a post that was counted before, or is older than the minutes kept.
        """
        if offset <= self.offset:
            return []
        self.offset = offset
        number = int(link.time.timestamp()) // 60
        if not self._is_new(link.post) or number <= max(self.minutes, default=number) - MAX_MINUTES:
            return []
        totals = self.minutes.setdefault(number, MinuteTotals())
        totals.posts += 1
        totals.shares += link.shares
        totals.photos += link.photos
        totals.likes += link.likes
        totals.positive += link.sentiment == "positive"
        if link.likes + link.shares > totals.reactions:
            totals.reactions, totals.excerpt = link.likes + link.shares, link.excerpt
        latest = max(self.minutes)
        self.minutes = {one: kept for one, kept in self.minutes.items() if one > latest - MAX_MINUTES}
        return self._results(link, number)

    def _results(self, link: PostLink, number: int) -> list[MomentMinute]:
        first, last = min(self.minutes), max(self.minutes)
        counts = [self.minutes[one].posts if one in self.minutes else 0 for one in range(first, last + 1)]
        chances = scan(counts)
        for one in range(number, last + 1):
            if chances[one - first].burst and one > self.last_burst:
                self.bursts, self.last_burst = self.bursts + 1, one
        changed = [one for one in range(number, number + len(WINDOWS)) if one in self.minutes]
        return [
            MomentMinute(
                event_id=EventId(identifier(f"{link.event_id}/{one}")),
                set=link.set,
                stage=link.stage,
                time=datetime.fromtimestamp(60 * one, UTC),
                posts=self.minutes[one].posts,
                shares=self.minutes[one].shares,
                photos=self.minutes[one].photos,
                likes=self.minutes[one].likes,
                positive=self.minutes[one].positive,
                expected=round(chances[one - first].expected, 3),
                chance=min(1.0, chances[one - first].chance),
                burst=chances[one - first].burst,
                excerpt=self.minutes[one].excerpt,
            )
            for one in changed
        ]

    def _is_new(self, post: str) -> bool:
        digest = blake2b(post.encode(), digest_size=DIGEST_BYTES).digest()
        known = {self.recent[at : at + DIGEST_BYTES] for at in range(0, len(self.recent), DIGEST_BYTES)}
        if digest in known:
            return False
        self.recent = (self.recent + digest)[-RECENT_POSTS * DIGEST_BYTES :]
        return True


def masked_accounts(text: str) -> str:
    """Return a text without the accounts that it names.

    >>> masked_accounts("con @ana.perez en primera fila")
    'con @… en primera fila'
    """
    return _ACCOUNT.sub("@…", text)


KEPT_AFTER_LAST_POST = timedelta(days=3)
"""Time after which the row of a set is removed."""
