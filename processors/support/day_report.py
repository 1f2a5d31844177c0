"""What a day's mail and posts say is weak: for those who train staff, and for those who build the product."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from msgspec import Struct

from processors.social.posts import OTHER
from schemas.social import PostReading
from schemas.support import SupportTriage

FEWEST = 3
"""mails below which a matter is no weak point"""


class ReportItem(Struct, frozen=True):
    """What was written about one subject.

    Attributes:
        negative, high: mails that sound so, and that are of high priority or urgent.
        again: mails in a thread that had asked about the same before.
        unanswered: mails for which no answer could be suggested.
        busiest: hour of the day, local time.
        example: summary of its most urgent and most negative mail, masked.
        posts, negative_posts: of social networks.
        change: the most by which its negative posts rose, in standard errors.
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
        """Mails and posts that sound negative, and calm mails of high priority."""
        return max(self.negative, self.high) + self.negative_posts


class DayReport(Struct, frozen=True):
    """One day.

    Attributes:
        product: subjects with the most complaints first.
        training: subjects first that were asked about again, or that no answer could be suggested for.
        new: clusters that began that day and are of no topic: their label and mails, largest first.
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
    """The report of a day.

    Args:
        mails, posts: of any days, in the order in which they came; a result that stands there twice counts once.
        zone: whose day it is.
    """
    read = [one for one in {one.message: one for one in mails}.values() if one.time.astimezone(zone).date() == day]
    heard = [one for one in {one.post: one for one in posts}.values() if one.time.astimezone(zone).date() == day]
    asked = [one for one in read if one.set_aside is None]
    by_subject: dict[str, list[SupportTriage]] = defaultdict(list)
    for one in asked:
        by_subject[one.topic.name if one.topic else OTHER].append(one)
    said: dict[str, list[PostReading]] = defaultdict(list)
    for post in heard:
        said[post.subject].append(post)
    matters = [_matter(name, by_subject.get(name, ()), said.get(name, ()), zone) for name in {*by_subject, *said}]
    matters = [one for one in matters if one.mails + one.posts >= FEWEST]
    product = sorted((one for one in matters if one.complaints), key=lambda one: (-one.complaints, one.subject))
    training = sorted(
        (one for one in matters if one.again or one.unanswered),
        key=lambda one: (-(2 * one.again + one.unanswered), one.subject),
    )
    began = {one.cluster for one in asked if one.cluster_is_new}
    fresh = {one.cluster: one for one in asked if one.cluster in began and one.topic is None}
    new = sorted(((one.cluster_label, one.cluster_size) for one in fresh.values()), key=lambda pair: -pair[1])
    return DayReport(
        day, len(read), len(read) - len(asked), sum(one.priority == "urgent" for one in asked),
        dict(Counter(one.language for one in asked).most_common()), sum(one.sentiment == "negative" for one in asked),
        len(heard), tuple(product), tuple(training), tuple(pair for pair in new if pair[1] >= FEWEST),
    )  # fmt: skip


def _matter(subject: str, mails: Sequence[SupportTriage], posts: Sequence[PostReading], zone: tzinfo) -> ReportItem:
    hours = Counter(one.time.astimezone(zone).hour for one in mails)
    threads = Counter(one.thread for one in mails)
    ranks = ("urgent", "high", "normal", "low")
    worst = min(mails, key=lambda one: (ranks.index(one.priority), one.sentiment != "negative"), default=None)
    return ReportItem(
        subject=subject,
        mails=len(mails),
        negative=sum(one.sentiment == "negative" for one in mails),
        high=sum(one.priority in ("urgent", "high") for one in mails),
        again=sum(number - 1 for number in threads.values()),
        unanswered=sum(one.suggestion is None for one in mails),
        busiest=hours.most_common(1)[0][0] if hours else None,
        example=worst.summary if worst else "",
        posts=len(posts),
        negative_posts=sum(one.sentiment == "negative" for one in posts),
        change=max((one.change for one in posts), default=0.0),
    )
