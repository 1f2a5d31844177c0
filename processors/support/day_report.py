"""Report of a day: subjects with the most complaints, and subjects that are asked again or have no approved answer.

Counts by subject from the results of mails and posts; no model of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo

from msgspec import Struct

from processors.social.posts import OTHER
from schemas.social import PostReading
from schemas.support import SupportTriage

MIN_MESSAGES = 3
"""Mails and posts below which a subject is left out."""


class ReportItem(Struct, frozen=True):
    """Figures of one subject.

    Attributes:
        subject: name of the topic, or `OTHER`.
        mails: number of mails.
        negative: mails with negative sentiment.
        high: mails of high priority or urgent.
        again: mails in a thread that had asked about the same before.
        unanswered: mails for which there was no suggestion.
        busiest: hour of the day with the most mails, local time.
        example: summary of its most urgent and most negative mail, masked.
        posts: number of social posts.
        negative_posts: posts with negative sentiment.
        change: largest rise of its share of negative posts, in standard errors.
    """

    subject: str
    mails: int = 0
    negative: int = 0
    high: int = 0
    again: int = 0
    unanswered: int = 0
    busiest: int | None = None
    example: str = ""
    posts: int = 0
    negative_posts: int = 0
    change: float = 0.0

    @property
    def complaints(self) -> int:
        """Negative mails and posts; mails of high priority instead of negative ones if they are more."""
        return max(self.negative, self.high) + self.negative_posts


class DayReport(Struct, frozen=True):
    """Report of one day.

    Attributes:
        day: the day, in local time.
        mails: number of mails.
        set_aside: mails that were set aside.
        urgent: urgent mails.
        languages: number of mails by language.
        negative: mails with negative sentiment.
        posts: number of social posts.
        product: subjects with complaints, most complaints first.
        training: subjects that were asked about again or had no suggestion, most frequent first.
        new: label and mails of clusters that started on this day and have no topic, largest first.
    """

    day: date
    mails: int
    set_aside: int
    urgent: int
    languages: dict[str, int]
    negative: int
    posts: int
    product: tuple[ReportItem, ...] = ()
    training: tuple[ReportItem, ...] = ()
    new: tuple[tuple[str, int], ...] = ()


def day_report(day: date, mails: Iterable[SupportTriage], posts: Iterable[PostReading], zone: tzinfo) -> DayReport:
    """Return the report of a day.

    Args:
        day: the day, in local time.
        mails: results of mails of any days, in their order; a result that occurs twice counts once.
        posts: results of posts, likewise.
        zone: time zone of the venue.
    """
    of_day = [mail for mail in {mail.message: mail for mail in mails}.values() if _local_date(mail.time, zone) == day]
    posts_of_day = [
        post for post in {post.post: post for post in posts}.values() if _local_date(post.time, zone) == day
    ]
    requests = [mail for mail in of_day if mail.set_aside is None]
    mails_by_subject: dict[str, list[SupportTriage]] = defaultdict(list)
    for mail in requests:
        mails_by_subject[mail.topic.name if mail.topic else OTHER].append(mail)
    posts_by_subject: dict[str, list[PostReading]] = defaultdict(list)
    for post in posts_of_day:
        posts_by_subject[post.subject].append(post)
    items = [
        _report_item(subject, mails_by_subject.get(subject, ()), posts_by_subject.get(subject, ()), zone)
        for subject in {*mails_by_subject, *posts_by_subject}
    ]
    items = [item for item in items if item.mails + item.posts >= MIN_MESSAGES]
    product = sorted((item for item in items if item.complaints), key=lambda item: (-item.complaints, item.subject))
    training = sorted(
        (item for item in items if item.again or item.unanswered),
        key=lambda item: (-(2 * item.again + item.unanswered), item.subject),
    )
    started = {mail.cluster for mail in requests if mail.cluster_is_new}
    latest = {mail.cluster: mail for mail in requests if mail.cluster in started and mail.topic is None}
    new = sorted(((mail.cluster_label, mail.cluster_size) for mail in latest.values()), key=lambda pair: -pair[1])
    return DayReport(
        day=day,
        mails=len(of_day),
        set_aside=len(of_day) - len(requests),
        urgent=sum(mail.priority == "urgent" for mail in requests),
        languages=dict(Counter(mail.language for mail in requests).most_common()),
        negative=sum(mail.sentiment == "negative" for mail in requests),
        posts=len(posts_of_day),
        product=tuple(product),
        training=tuple(training),
        new=tuple((label, size) for label, size in new if size >= MIN_MESSAGES),
    )


def _local_date(time: datetime, zone: tzinfo) -> date:
    return time.astimezone(zone).date()


def _report_item(
    subject: str, mails: Sequence[SupportTriage], posts: Sequence[PostReading], zone: tzinfo
) -> ReportItem:
    hours = Counter(mail.time.astimezone(zone).hour for mail in mails)
    threads = Counter(mail.thread for mail in mails)
    ranks = ("urgent", "high", "normal", "low")
    worst = min(mails, key=lambda mail: (ranks.index(mail.priority), mail.sentiment != "negative"), default=None)
    return ReportItem(
        subject=subject,
        mails=len(mails),
        negative=sum(mail.sentiment == "negative" for mail in mails),
        high=sum(mail.priority in ("urgent", "high") for mail in mails),
        again=sum(number - 1 for number in threads.values()),
        unanswered=sum(mail.suggestion is None for mail in mails),
        busiest=hours.most_common(1)[0][0] if hours else None,
        example=worst.summary if worst else "",
        posts=len(posts),
        negative_posts=sum(post.sentiment == "negative" for post in posts),
        change=max((post.change for post in posts), default=0.0),
    )
