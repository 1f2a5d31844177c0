"""Steps of a show stop: the four-eyes principle. One person proposes, another who is named confirms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from schemas.errors import PulsoError
from schemas.ids import EventId
from schemas.show_stop import ShowStop, ShowStopSettings


class ShowStopError(PulsoError):
    """The step is not possible; the message says why."""


def is_in_force(stop: ShowStop | None) -> bool:
    """Return True if a show stop is proposed or confirmed."""
    return stop is not None and stop.state != "called-off"


def propose(
    current: ShowStop | None,
    settings: ShowStopSettings,
    *,
    id: EventId,
    stage: str,
    trigger: str,
    by: str,
    now: datetime,
    note: str = "",
) -> ShowStop:
    """Return the proposal to stop the show of a stage.

    Raises:
        ShowStopError: nothing was agreed, the trigger is none of the agreed ones, or one is in force.
    """
    if not settings.is_agreed:
        raise ShowStopError("the venue file has no triggers and confirmers for a show stop")
    if trigger not in settings.triggers:
        raise ShowStopError("choose one of the agreed triggers")
    if is_in_force(current):
        raise ShowStopError("a show stop of this stage is proposed or confirmed already")
    return ShowStop(
        event_id=id, stage=stage, time=now, state="proposed", by=by, trigger=trigger, proposed_by=by, proposed_at=now,
        note=note,
    )  # fmt: skip


def confirm(
    current: ShowStop | None,
    settings: ShowStopSettings,
    *,
    id: EventId,
    proposal: str,
    by: str,
    now: datetime,
    checked: Iterable[str] = (),
    note: str = "",
) -> ShowStop:
    """Return the confirmation of a proposal.

    Args:
        current: last step of the stage.
        settings: of the venue file.
        id: of the new step.
        proposal: id of the step that the person has seen.
        by: account of the person.
        now: time of the step.
        checked: items of the checklist that were ticked.
        note: words of the person.

    Raises:
        ShowStopError: the proposal is no longer the last step, or this person may not confirm it.
    """
    if current is None or current.state != "proposed" or current.event_id != proposal:
        raise ShowStopError("this proposal is confirmed or called off by now")
    person = settings.confirmer(by)
    if person is None:
        raise ShowStopError(f"only {', '.join(one.name for one in settings.confirmers)} may confirm")
    if by == current.proposed_by:
        raise ShowStopError("another person must confirm what you have proposed")
    ticked = set(checked)
    return replace(
        current, event_id=id, time=now, state="confirmed", by=by, confirmed_by=by, confirmed_at=now,
        confirmed_as=f"{person.name}, {person.role}", note=note,
        checked=tuple(item for item in settings.checklist if item in ticked),
    )  # fmt: skip


def call_off(current: ShowStop | None, *, id: EventId, by: str, now: datetime, note: str = "") -> ShowStop:
    """Return the end of a proposal or a stop.

    Raises:
        ShowStopError: none is in force.
    """
    if current is None or not is_in_force(current):
        raise ShowStopError("no show stop of this stage is in force")
    return replace(current, event_id=id, time=now, state="called-off", by=by, note=note)
