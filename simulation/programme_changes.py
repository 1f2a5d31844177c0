"""Programme of a simulated evening and what changes of it: an act moves, and a path is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from processors.festival.sections import sets_of
from processors.programme.changes import moved
from schemas.ids import ActId, PlaceId
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.routes import PATH_STATES, PATHS, PathCondition, PathState
from schemas.venue import Venue
from simulation.evening import Evening, clock
from simulation.timeline import TimelineEvent

MOVED_ACT, ALTERNATIVE_STAGE = ActId("trio-almazara"), PlaceId("tent")
"""Act that moves to another stage and hour because rain is coming, and that stage."""
MOVE_ANNOUNCED_AT, MOVED_TO = clock("21:40"), clock("23:50")
CLOSED_PATH = (PlaceId("food"), PlaceId("tent"))
"""Path that is closed for the rest of the evening: a delivery van is stuck on it."""
PATH_CLOSED_AT = clock("20:35")


def evening_sets(evening: Evening, venue: Venue) -> tuple[ProgrammeSet, ...]:
    """Return the sets of the venue file's first day on the date of an evening."""
    sets = sets_of(venue.section(PROGRAMME))
    if not sets:
        return ()
    first = min(one.day for one in sets)
    return tuple(_days_later(one, evening.doors.date() - first, first.isoformat()) for one in sets if one.day == first)


def _days_later(one: ProgrammeSet, days: timedelta, printed: str) -> ProgrammeSet:
    day = one.day + days
    return msgspec.structs.replace(
        one,
        id=one.id.replace(printed, day.isoformat()),
        day=day,
        begin=one.begin + days,
        end=one.end + days,
    )


def programme_timeline(evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
    """Yield the programme before the doors open, and the act that moves."""
    for one in evening_sets(evening, venue):
        yield _set_event(one, 0.0)
        if one.act == MOVED_ACT and ALTERNATIVE_STAGE in {place.id for place in venue.section(PATHS).places}:
            changed = moved(one, stage=ALTERNATIVE_STAGE, begin=evening.at(MOVED_TO))
            yield _set_event(changed, MOVE_ANNOUNCED_AT)


def path_timeline(evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
    """Yield that the path is open when the evening begins, and then closed."""
    start, end = CLOSED_PATH
    if not any((path.start, path.end) == CLOSED_PATH for path in venue.section(PATHS).paths):
        return
    states: tuple[tuple[float, PathCondition, str], ...] = (
        (0.0, "open", ""),
        (PATH_CLOSED_AT, "closed", "a delivery van is stuck on the grass"),
    )
    for time, state, note in states:
        record = PathState(start=start, end=end, time=evening.at(time), state=state, by="script/paths", note=note)
        id = f"path/{start}/{end}@{evening.at(time):%Y%m%dT%H%M%S}"
        yield TimelineEvent("programme", PATH_STATES, time, f"{start}/{end}", id, "script/paths", record)


def _set_event(one: ProgrammeSet, time: float) -> TimelineEvent:
    id = f"set/{one.id}/{one.status}"
    return TimelineEvent("programme", PROGRAMME_SETS, time, one.id, id, "script/programme", one)
