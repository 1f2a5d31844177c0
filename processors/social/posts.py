"""Social posts by subject: how many are negative, and whether that has suddenly become more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct, field

from processors.support.mail_analysis import AnalyzedMail
from processors.support.mail_text import without_addresses
from processors.support.privacy import mask_personal_data
from processors.support.surge import ArrivalRate
from processors.support.topics import TopicClassifier
from schemas.social import Post, PostReading
from schemas.support import Mail

OTHER = "other"
"""subject of posts that are about none of the topics"""

OTHER_NAMES = {"es": "otros asuntos", "en": "other matters"}

REMEMBERED = 4_096
"""posts whose ids are known, so that one that is sent twice counts once"""

BELIEF = 10.0
"""Posts that the share over all subjects counts for, before a subject has a past of its own."""

FEWEST = 5.0
"""posts of the last quarter of an hour below which no change is told"""

DIGEST, EXCERPT = 8, 160


class PostSentimentTotals(Struct):
    """Posts about one subject."""

    all: ArrivalRate
    negative: ArrivalRate

    def count(self, at: datetime, *, negative: bool) -> None:
        """One post more."""
        self.all.count(at)
        if negative:
            self.negative.count(at)
        else:
            self.negative.fade(at)

    @property
    def share(self) -> float:
        """Negative among those of the last quarter of an hour."""
        return min(1.0, self.negative.now / self.all.now) if self.all.now > 0 else 0.0


class PostsState(Struct):
    """The row; it holds no text."""

    offset: int = -1
    recent: bytes = b""
    """digests of the last posts, newest last"""
    everything: PostSentimentTotals | None = None
    subjects: dict[str, PostSentimentTotals] = field(default_factory=dict)


class PostAnalyzer:
    """Counts posts one by one in their order; the same posts in the same order give the same readings.

    Args:
        row: as `to_row` gave it.
        topics: that posts can be about.
        names: of those topics, by topic and language.
        model: identity of what read them.
    """

    def __init__(
        self,
        row: bytes | None,
        topics: TopicClassifier,
        model: str,
        names: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._stored = msgspec.json.decode(row, type=PostsState) if row else PostsState()
        self._topics, self._model = topics, model
        self._names = {**(names or {}), OTHER: OTHER_NAMES}
        recent = self._stored.recent
        self._recent = dict.fromkeys(recent[i : i + DIGEST] for i in range(0, len(recent), DIGEST))

    def to_row(self) -> bytes:
        """The whole state as JSON."""
        self._stored.recent = b"".join(self._recent)
        return msgspec.json.encode(self._stored)

    def shares(self) -> dict[str, float]:
        """Negative share of each subject."""
        return {subject: voices.share for subject, voices in self._stored.subjects.items()}

    def apply(self, post: Post, read: AnalyzedMail, offset: int, event_id: str) -> PostReading | None:
        """Count one post; None when it was counted before.

        Args:
            read: `post_as_mail(post)`, read with sentiment.
            offset: of the record, in the one partition of the topic.
            event_id: goes into the result.
        """
        if offset <= self._stored.offset:
            return None
        self._stored.offset = offset
        if not self._first_time(post.id):
            return None
        found = self._topics.of(read.whole, read.each)
        subject, sounds = found[0].name if found else OTHER, read.sounds or "neutral"
        everything = self._stored.everything or PostSentimentTotals(ArrivalRate(post.time), ArrivalRate(post.time))
        self._stored.everything = everything
        everything.count(post.time, negative=sounds == "negative")
        voices = self._stored.subjects.setdefault(
            subject, PostSentimentTotals(ArrivalRate(post.time), ArrivalRate(post.time))
        )
        voices.count(post.time, negative=sounds == "negative")
        usual, change = changed(voices, everything)
        return PostReading(
            event_id=event_id,
            post=post.id,
            network=post.network,
            time=post.time,
            language=read.language,
            subject=subject,
            names=dict(self._names.get(subject, {})),
            sentiment=sounds,
            excerpt=mask_personal_data(without_addresses(read.words))[:EXCERPT],
            posts=voices.all.now,
            negative_share=voices.share,
            usual_share=usual,
            change=change,
            model=self._model,
        )

    def _first_time(self, name: str) -> bool:
        digest = blake2b(name.encode(), digest_size=DIGEST).digest()
        if digest in self._recent:
            return False
        self._recent[digest] = None
        while len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return True


def post_as_mail(post: Post) -> Mail:
    """A post in the form that the desk reads."""
    return Mail(id=post.id, thread=post.id, time=post.time, text=post.text)


def changed(voices: PostSentimentTotals, everything: PostSentimentTotals) -> tuple[float, float]:
    """Usual share of negative posts, and standard errors by which that of now lies above it.

    The usual share is the mean of a beta distribution: the subject's posts before the last quarter of an hour, and
    `BELIEF` posts with the share over all subjects. The standard error is that of a difference of two proportions.

    >>> from datetime import UTC, timedelta
    >>> start = datetime(2026, 7, 4, 18, tzinfo=UTC)
    >>> one = PostSentimentTotals(ArrivalRate(start), ArrivalRate(start))
    >>> everything = PostSentimentTotals(ArrivalRate(start), ArrivalRate(start))
    >>> for minute in range(240):
    ...     for voices in (one, everything):
    ...         voices.count(start + timedelta(minutes=minute), negative=minute % 5 == 0 or minute > 230)
    >>> usual, change = changed(one, everything)
    >>> round(usual, 1), change > 3
    (0.2, True)
    """
    now = voices.all.now
    before, negative = max(0.0, voices.all.usual - now), max(0.0, voices.negative.usual - voices.negative.now)
    past = max(0.0, everything.all.usual - everything.all.now)
    over_all = (max(0.0, everything.negative.usual - everything.negative.now) + 1) / (past + 3)
    usual = min(1.0, (min(negative, before) + BELIEF * over_all) / (before + BELIEF))
    if now < FEWEST:
        return usual, 0.0
    error = math.sqrt(usual * (1 - usual) * (1 / now + 1 / (before + BELIEF)))
    return usual, (voices.share - usual) / max(error, 0.01)
