"""Share of negative social posts by subject, and a test for its sudden rise."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec
from msgspec import Struct, field

from processors.accents import comparable_name
from processors.support.mail_analysis import AnalyzedMail
from processors.support.mail_text import without_addresses
from processors.support.privacy import mask_personal_data
from processors.support.surge import ArrivalRate
from processors.support.topics import TopicClassifier
from schemas.ids import EventId
from schemas.social import Post, PostReading
from schemas.support import Mail

OTHER = "other"
"""Subject of posts that are about none of the topics."""

OTHER_NAMES = {"es": "otros asuntos", "en": "other matters"}

RECENT_POSTS = 4_096
"""Posts whose ids are stored, so that a post that is sent twice counts once."""

PRIOR_POSTS = 10.0
"""Weight, in posts, of the negative share over all subjects in the baseline of one subject."""

SUBJECT_IDLE = timedelta(days=2)
"""Time after its last post for which the totals of a subject are kept; they have long decayed to nothing by then."""

MIN_RECENT_POSTS = 5.0
"""Posts of the last quarter of an hour below which no change is reported."""

MIN_STANDARD_ERROR = 0.01

MIN_ACCOUNT, MAX_ACCOUNTS = 5, 5
"""Letters of an act's name that an account is looked up by, and accounts that a reading names."""

_ACCOUNT = re.compile(r"@([\w.]+)")

DIGEST_BYTES, EXCERPT_CHARACTERS = 8, 160


def post_excerpt(text: str) -> str:
    """Return the beginning of a post as results carry it; names, addresses and links are masked."""
    return mask_personal_data(without_addresses(text))[:EXCERPT_CHARACTERS]


def accounts_of_acts(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the accounts that a text names and that contain the name of an act without its spaces.

    >>> accounts_of_acts("con @ana y @marea.doble_oficial", ["Marea Doble"])
    ('mareadobleoficial',)
    """
    found = [comparable_name(account).replace(" ", "").replace("_", "") for account in _ACCOUNT.findall(text)]
    joined = [comparable_name(name).replace(" ", "") for name in names]
    named = [account for account in found if any(len(name) >= MIN_ACCOUNT and name in account for name in joined)]
    return tuple(dict.fromkeys(named))[:MAX_ACCOUNTS]


class PostSentimentTotals(Struct):
    """Arrival rates of the posts about one subject, and of the negative ones among them."""

    all: ArrivalRate
    negative: ArrivalRate

    @classmethod
    def starting_at(cls, at: datetime) -> PostSentimentTotals:
        """Return totals without posts."""
        return cls(ArrivalRate(at), ArrivalRate(at))

    def count(self, at: datetime, *, negative: bool) -> None:
        """Count one post."""
        self.all.count(at)
        if negative:
            self.negative.count(at)
        else:
            self.negative.decay(at)

    @property
    def share(self) -> float:
        """Share of negative posts within the last quarter of an hour, from 0 to 1."""
        return min(1.0, self.negative.recent / self.all.recent) if self.all.recent > 0 else 0.0


class PostsState(Struct):
    """Persisted state; it contains no text."""

    offset: int = -1
    recent: bytes = b""
    """Digests of the ids of the last posts, newest last."""
    everything: PostSentimentTotals | None = None
    """Totals over all subjects."""
    subjects: dict[str, PostSentimentTotals] = field(default_factory=dict)


class PostAnalyzer:
    """Counts posts one by one in their order; the same posts in the same order give the same readings.

    Args:
        row: state as `to_row` returned it, or None.
        topics: classifier of the subjects.
        model: identity of the model that analyzed the posts.
        names: names of the topics, by topic and language.
    """

    def __init__(
        self,
        row: bytes | None,
        topics: TopicClassifier,
        model: str,
        names: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._state = msgspec.json.decode(row, type=PostsState) if row else PostsState()
        self._topics, self._model = topics, model
        self._names = {**(names or {}), OTHER: OTHER_NAMES}
        recent = self._state.recent
        self._recent = dict.fromkeys(recent[i : i + DIGEST_BYTES] for i in range(0, len(recent), DIGEST_BYTES))

    def to_row(self) -> bytes:
        """Return the whole state as JSON."""
        self._state.recent = b"".join(self._recent)
        return msgspec.json.encode(self._state)

    def shares(self) -> dict[str, float]:
        """Return the negative share of each subject, from 0 to 1."""
        return {subject: totals.share for subject, totals in self._state.subjects.items()}

    def apply(self, post: Post, analysis: AnalyzedMail, offset: int, event_id: EventId) -> PostReading | None:
        """Count one post; return None if it was counted before.

        Args:
            post: the post.
            analysis: analysis of `post_as_mail(post)`, with sentiment.
            offset: offset of its record, in the one partition of the topic.
            event_id: event id of its record; part of the result.
        """
        if offset <= self._state.offset:
            return None
        self._state.offset = offset
        if not self._is_new(post.id):
            return None
        topics = self._topics.classify(analysis.whole, analysis.by_sentence)
        subject, sentiment = topics[0].name if topics else OTHER, analysis.sentiment or "neutral"
        everything = self._state.everything or PostSentimentTotals.starting_at(post.time)
        self._state.everything = everything
        for name in [name for name, one in self._state.subjects.items() if post.time - one.all.at > SUBJECT_IDLE]:
            del self._state.subjects[name]
        everything.count(post.time, negative=sentiment == "negative")
        totals = self._state.subjects.setdefault(subject, PostSentimentTotals.starting_at(post.time))
        totals.count(post.time, negative=sentiment == "negative")
        baseline, change = negative_share_change(totals, everything)
        return PostReading(
            event_id=event_id,
            post=post.id,
            network=post.network,
            time=post.time,
            language=analysis.language,
            subject=subject,
            names=dict(self._names.get(subject, {})),
            sentiment=sentiment,
            excerpt=post_excerpt(analysis.text),
            posts=totals.all.recent,
            negative_share=totals.share,
            usual_share=baseline,
            change=change,
            model=self._model,
            place=post.place,
            shares=post.shares,
            photos=post.photos,
            likes=post.likes,
        )

    def _is_new(self, post_id: str) -> bool:
        digest = blake2b(post_id.encode(), digest_size=DIGEST_BYTES).digest()
        if digest in self._recent:
            return False
        self._recent[digest] = None
        while len(self._recent) > RECENT_POSTS:
            del self._recent[next(iter(self._recent))]
        return True


def post_as_mail(post: Post) -> Mail:
    """Return a post in the form in which mails are analyzed."""
    return Mail(id=post.id, thread=post.id, time=post.time, text=post.text)


def negative_share_change(totals: PostSentimentTotals, everything: PostSentimentTotals) -> tuple[float, float]:
    """Return the baseline of the negative share, and the standard errors by which the recent share exceeds it.

    The baseline is the mean of a beta distribution: the subject's posts before the last quarter of an hour, and
    `PRIOR_POSTS` posts with the share over all subjects (empirical Bayes). The standard error is that of the difference
    of two proportions (z test).

    Args:
        totals: posts about the subject.
        everything: posts about all subjects.

    >>> from datetime import UTC, timedelta
    >>> start = datetime(2026, 7, 4, 18, tzinfo=UTC)
    >>> subject, everything = PostSentimentTotals.starting_at(start), PostSentimentTotals.starting_at(start)
    >>> for minute in range(240):
    ...     for totals in (subject, everything):
    ...         totals.count(start + timedelta(minutes=minute), negative=minute % 5 == 0 or minute > 230)
    >>> baseline, change = negative_share_change(subject, everything)
    >>> round(baseline, 1), change > 3
    (0.2, True)
    """
    recent = totals.all.recent
    earlier = max(0.0, totals.all.baseline - recent)
    earlier_negative = max(0.0, totals.negative.baseline - totals.negative.recent)
    all_earlier = max(0.0, everything.all.baseline - everything.all.recent)
    all_earlier_negative = max(0.0, everything.negative.baseline - everything.negative.recent)
    prior_share = (all_earlier_negative + 1) / (all_earlier + 3)  # one of three sentiments, before any post
    baseline = min(1.0, (min(earlier_negative, earlier) + PRIOR_POSTS * prior_share) / (earlier + PRIOR_POSTS))
    if recent < MIN_RECENT_POSTS:
        return baseline, 0.0
    error = math.sqrt(baseline * (1 - baseline) * (1 / recent + 1 / (earlier + PRIOR_POSTS)))
    return baseline, (totals.share - baseline) / max(error, MIN_STANDARD_ERROR)
