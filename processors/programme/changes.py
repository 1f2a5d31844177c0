"""Changes to a set of the programme: moved, cancelled, or as printed."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from schemas.errors import PulsoError
from schemas.ids import PlaceId
from schemas.programme import ProgrammeSet


class ProgrammeChangeError(PulsoError, ValueError):
    """A set can't be changed like this; the message says what is possible."""


def moved(
    one: ProgrammeSet, *, stage: PlaceId | None = None, begin: datetime | None = None, minutes: int | None = None
) -> ProgrammeSet:
    """Return a set at another stage or time; what was printed stays known.

    Args:
        begin: new begin; the length stays.
        minutes: minutes by which it is delayed.

    Raises:
        ProgrammeChangeError: nothing changes, or both a begin and a delay are given.
    """
    if begin is not None and minutes is not None:
        raise ProgrammeChangeError("give a new begin or a delay, not both")
    start = one.begin + timedelta(minutes=minutes or 0) if begin is None else begin
    if (stage is None or stage == one.stage) and start == one.begin:
        raise ProgrammeChangeError(f"{one.name} is already at {one.stage} from {one.begin:%H:%M}; nothing changes")
    return msgspec.structs.replace(
        one,
        stage=stage or one.stage,
        begin=start,
        end=start + (one.end - one.begin),
        status="moved",
        previous_stage=one.previous_stage or one.stage,
        previous_begin=one.previous_begin or one.begin,
    )


def cancelled(one: ProgrammeSet) -> ProgrammeSet:
    """Return a set that nobody performs."""
    return msgspec.structs.replace(one, status="cancelled")
