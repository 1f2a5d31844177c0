"""Mails, posts and music of a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from processors.report.day import DayBounds, MoodFigures, StageFigures, SubjectFigures
from schemas.music import MusicTags
from schemas.programme import ProgrammeSet
from schemas.social import PostReading
from schemas.support import SupportTriage

OTHER = "other"
"""Stands for the topic of mails that have none."""

MAX_SUBJECTS = 15
"""Topics that are printed."""

HOUR = timedelta(hours=1)


def mails_of_day(results: Iterable[SupportTriage], bounds: DayBounds) -> list[SupportTriage]:
    """Return the last result of each mail of a day that a person may answer."""
    last = {mail.message: mail for mail in results if mail.time in bounds}
    return [mail for mail in last.values() if mail.set_aside is None and not mail.old]


def subjects_of(mails: Iterable[SupportTriage]) -> tuple[SubjectFigures, ...]:
    """Return the most frequent topics, and the mails of each that had no approved answer."""
    number: Counter[str] = Counter()
    unanswered: Counter[str] = Counter()
    for mail in mails:
        subject = mail.topic.name if mail.topic else OTHER
        number[subject] += 1
        unanswered[subject] += mail.suggestion is None
    ranked = sorted(number, key=lambda subject: (-number[subject], subject))[:MAX_SUBJECTS]
    return tuple(SubjectFigures(subject, number[subject], unanswered[subject]) for subject in ranked)


def posts_of_day(readings: Iterable[PostReading], bounds: DayBounds) -> tuple[MoodFigures, ...]:
    """Return the sentiment of posts by hour; a post that occurs twice counts once."""
    last = {reading.post: reading for reading in readings if reading.time in bounds}
    hours: dict[datetime, Counter[str]] = defaultdict(Counter)
    for reading in last.values():
        hours[bounds.begin + (reading.time - bounds.begin) // HOUR * HOUR][reading.sentiment] += 1
    return tuple(
        MoodFigures(hour, counts["negative"], counts["neutral"], counts["positive"])
        for hour, counts in sorted(hours.items())
    )


def stages_of_day(
    tags: Iterable[MusicTags], sets: Iterable[ProgrammeSet], bounds: DayBounds
) -> tuple[StageFigures, ...]:
    """Return moods and genres by stage and set; silent fragments have neither."""
    played = [one for one in sets if one.status != "cancelled" and one.begin < bounds.end and one.end > bounds.begin]
    groups: dict[tuple[str, str], list[MusicTags]] = defaultdict(list)
    seen: set[str] = set()
    for tag in sorted((tag for tag in tags if tag.time in bounds), key=lambda tag: tag.time):
        if tag.event_id in seen:
            continue
        seen.add(tag.event_id)
        act = next((one.name for one in played if str(one.stage) == tag.stage and one.begin <= tag.time < one.end), "")
        groups[tag.stage, act].append(tag)
    return tuple(_stage(stage, act, of_set) for (stage, act), of_set in groups.items())


def _stage(stage: str, act: str, tags: list[MusicTags]) -> StageFigures:
    audible = [tag for tag in tags if not tag.silent]
    return StageFigures(
        stage=stage,
        act=act,
        fragments=len(tags),
        silent=len(tags) - len(audible),
        moods=dict(Counter(tag.mood for tag in audible).most_common(4)),
        genres=dict(Counter(tag.genre for tag in audible).most_common(4)),
    )
