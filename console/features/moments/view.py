"""Posts of each set by minute, beside the crowd, sales and sound of its stage."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TypedDict

from msgspec import Struct

from processors.moments.surroundings import StageMinute, StageSurroundings
from processors.till_tickets import RecentTickets, Recognition
from schemas.bars import Ticket
from schemas.crowd import CrowdCount
from schemas.ids import BarId, SetId
from schemas.moments import MomentMinute
from schemas.music import MusicTags
from schemas.programme import PROGRAMME
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "moments"
ROLES: tuple[Role, ...] = ("production",)

MAX_SETS = 60
"""Sets with posts that are kept, those with the latest posts."""

MAX_MINUTES = 240
"""Minutes of a set that are kept, the latest ones."""

LEAST_POWER = 1e-9
"""Mean square below which a fragment counts as -90 dBFS."""


class ShownMinute(TypedDict):
    """One minute of a set; None where nothing measured it.

    Attributes:
        at: Unix time in seconds.
        units: sold at the bars near the stage.
        loudness: dBFS.
    """

    at: int
    posts: int
    shares: int
    photos: int
    likes: int
    positive: int
    expected: float
    burst: bool
    excerpt: str
    crowd: float | None
    units: float | None
    loudness: float | None
    mood: str


class ShownSet(TypedDict):
    """A set and its minutes, oldest first."""

    id: SetId
    name: str
    stage: str
    minutes: list[ShownMinute]


class MomentsState(TypedDict):
    """State of the channel `moments`, the set with the latest posts first."""

    sets: list[ShownSet]


class MomentsView:
    """Sets with posts."""

    def __init__(self, venue: Venue) -> None:
        self._names = {one.id: one.name for one in venue.section(PROGRAMME).sets}
        self._surroundings = StageSurroundings(venue)
        self._minutes: dict[SetId, dict[int, MomentMinute]] = {}
        self._tickets: dict[BarId, RecentTickets] = {}
        self._bars = {bar.id for bar in venue.bars}
        self._seen: dict[str, int] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply posts of a minute, a count, a ticket or tags."""
        if isinstance(record, MomentMinute):
            return self._add_minute(record)
        if isinstance(record, CrowdCount):
            return self._due(self._surroundings.add_crowd(record), record.time)
        if isinstance(record, MusicTags):
            return self._due(self._surroundings.add_music(record), record.time)
        if isinstance(record, Ticket) and record.bar in self._bars:
            received = datetime.fromtimestamp(received_at / 1000, UTC)
            recent = self._tickets.setdefault(record.bar, RecentTickets())
            if recent.add(record, received) is Recognition.REPEATED:
                return set()
            units = sum(line.quantity for line in record.lines)
            return self._due(self._surroundings.add_sale(record.bar, record.time, units), record.time)
        return set()

    def state(self, channel: str = CHANNEL) -> MomentsState:
        """Return every set that has posts."""
        newest = sorted(self._minutes, key=lambda one: (-max(self._minutes[one]), one))
        return {"sets": [self._shown(one) for one in newest]}

    def _add_minute(self, minute: MomentMinute) -> set[str]:
        minutes = self._minutes.setdefault(minute.set, {})
        minutes[_number(minute.time)] = minute
        for old in sorted(minutes)[:-MAX_MINUTES]:
            del minutes[old]
        if len(self._minutes) > MAX_SETS:
            del self._minutes[min(self._minutes, key=lambda one: max(self._minutes[one]))]
        return {CHANNEL}

    def _due(self, stages: set[str], time: datetime) -> set[str]:
        """Return the channel once a minute of each stage: pages need no more."""
        number = _number(time)
        due = [stage for stage in stages if self._seen.get(stage) != number]
        self._seen.update(dict.fromkeys(due, number))
        return {CHANNEL} if due and self._minutes else set()

    def _shown(self, one: SetId) -> ShownSet:
        minutes = self._minutes[one]
        first, last = min(minutes), max(minutes)
        stage = minutes[last].stage
        numbers = range(max(first, last - MAX_MINUTES + 1), last + 1)
        return {
            "id": one,
            "name": self._names.get(one, one),
            "stage": stage,
            "minutes": [
                _shown_minute(number, minutes.get(number), self._surroundings.at(stage, number)) for number in numbers
            ],
        }


def _shown_minute(number: int, minute: MomentMinute | None, around: StageMinute | None) -> ShownMinute:
    power = None if around is None else around.mean_power
    return {
        "at": 60 * number,
        "posts": minute.posts if minute else 0,
        "shares": minute.shares if minute else 0,
        "photos": minute.photos if minute else 0,
        "likes": minute.likes if minute else 0,
        "positive": minute.positive if minute else 0,
        "expected": round(minute.expected, 1) if minute else 0.0,
        "burst": minute.burst if minute else False,
        "excerpt": minute.excerpt if minute else "",
        "crowd": None if around is None else around.crowd,
        "units": None if around is None else around.units,
        "loudness": None if power is None else round(10 * math.log10(max(power, LEAST_POWER)), 1),
        "mood": around.mood if around else "",
    }


def _number(time: datetime) -> int:
    return int(time.timestamp()) // 60
